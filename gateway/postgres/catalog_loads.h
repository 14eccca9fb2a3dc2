// CatalogLoads loads the catalogs of databases (DatabaseCatalog), as far as that falls to one worker: with
// kVolatilityQuery, on a server that it borrows from the pool of whoever needs it, which must lead to the
// primary. What can be loaded is known to all workers then; what cannot is told in the log, once until it can
// be again. On its worker's thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "gateway/postgres/database_catalog.h"

namespace forebay::postgres {

class PostgresWorker;
class WorkerPool;

class CatalogLoads {
 public:
  explicit CatalogLoads(PostgresWorker& worker);
  ~CatalogLoads();

  // Begins to load if that is due and nobody else does. `catalog` is that of the pool's database, and lives
  // as long as the pool.
  void loadIfDue(WorkerPool& pool, DatabaseCatalog& catalog);
  void stop();  // before the pools go

 private:
  class Load;

  void ended(DatabaseCatalog& catalog);

  PostgresWorker& worker_;
  std::map<DatabaseCatalog*, std::unique_ptr<Load>> under_way_;
};

}  // namespace forebay::postgres
