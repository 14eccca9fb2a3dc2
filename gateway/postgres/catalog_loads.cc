#include "gateway/postgres/catalog_loads.h"

#include <utility>

#include "gateway/postgres/own_query.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/frame.h"
#include "pgproto/messages.h"
#include "pgproto/volatility_reply.h"

namespace forebay::postgres {
namespace {

// In force until the Query ends, since its statements are one transaction: nothing of it stays in the
// session. The names come as they are stored, whatever can be shown in the encoding of whoever had the server
// before; and to compile the query takes longer than to run it.
constexpr std::string_view kSettings =
    "SET LOCAL search_path = ''; SET LOCAL client_encoding = 'SQL_ASCII'; SET LOCAL jit = off; "
    "SET LOCAL statement_timeout = '30s'; ";
static_assert(DatabaseCatalog::kLoadLimit == seconds(30));

std::string messageOf(Bytes error_response) {
  pgproto::Frame frame;
  pgproto::ErrorFields fields;
  if (pgproto::scanFrame(error_response, UINT32_MAX, frame) == pgproto::Scan::kFrame)
    pgproto::parseErrorFields(frame.body, fields);
  return std::string(fields.message());
}

}  // namespace

// One load under way.
class CatalogLoads::Load final : public OwnQuery, public Deadline {
 public:
  Load(CatalogLoads& owner, WorkerPool& pool, DatabaseCatalog& catalog, DatabaseCatalog::Claim claim)
      : OwnQuery(pool), owner_(owner), catalog_(catalog), claim_(claim) {
    loop().deadlines().arm(*this, loop().now() + DatabaseCatalog::kLoadLimit);
  }
  ~Load() override { loop().deadlines().disarm(*this); }

  void received(Bytes run) override { reply_.take(run); }

 protected:
  void question(std::string& messages, pools::ReplyTracker& tracker) override {
    pgproto::appendQuery(messages, std::string(kSettings).append(pgproto::kVolatilityQuery));
    tracker.sent(pools::Owed::kQuery);
  }
  void answered() override {
    auto catalog = reply_.catalog();
    if (!catalog) return fail(catalog.error());
    catalog_.loaded(claim_, std::move(*catalog), loop().now());
    end();
  }
  void unanswered(std::string response) override {
    fail(reply_.failure().empty() ? messageOf(response) : reply_.failure());  // its own words, if it had any
  }
  std::string explain(const std::string& why) const override {
    return errorResponse(pgproto::sqlstate::kConnectionFailure, why);
  }
  void due(Instant) override {
    withdraw(true);
    fail("it took longer than " + elapsed(DatabaseCatalog::kLoadLimit));
  }

 private:
  net::Loop& loop() const { return pool().worker().loop(); }

  void fail(const std::string& why) {
    PostgresWorker& worker = pool().worker();
    if (catalog_.failed(claim_, loop().now(), worker.jitter()) == 1) {
      const char* const what = catalog_.current()
                                   ? ": what is known of which functions only read could not be renewed: "
                                   : ": which functions only read is not known, so the primary runs all: ";
      worker.log().warning() << "database " << pool().databaseName() << what << why;
    }
    end();
  }

  void end() {
    loop().deadlines().disarm(*this);
    owner_.ended(catalog_);
  }

  CatalogLoads& owner_;
  DatabaseCatalog& catalog_;
  const DatabaseCatalog::Claim claim_;
  pgproto::VolatilityReply reply_;
};

CatalogLoads::CatalogLoads(PostgresWorker& worker) : worker_(worker) {}
CatalogLoads::~CatalogLoads() = default;

void CatalogLoads::stop() { under_way_.clear(); }

void CatalogLoads::loadIfDue(WorkerPool& pool, DatabaseCatalog& catalog) {
  if (under_way_.contains(&catalog)) return;
  const std::optional<DatabaseCatalog::Claim> claim = catalog.claim(worker_.loop().now());
  if (!claim) return;
  const auto [at, made] = under_way_.try_emplace(&catalog, nullptr);
  at->second = std::make_unique<Load>(*this, pool, catalog, *claim);
  at->second->ask();  // last: it may have ended by then
}

void CatalogLoads::ended(DatabaseCatalog& catalog) {
  const auto found = under_way_.find(&catalog);
  worker_.loop().bury(std::move(found->second));
  under_way_.erase(found);
}

}  // namespace forebay::postgres
