// PoolDirectory: every pool of the process, found or made when a client logs in.
//
// The directory locks, so only logins and the console use it; workers keep what they found. What nobody holds
// any more is forgotten by dropUnheld().
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "gateway/postgres/database_catalog.h"
#include "pgproto/scram.h"
#include "pools/parameters.h"
#include "pools/shared_pool.h"

namespace forebay::postgres {

// Servers in replication mode are of their own kind: their pools are named after the database and what their
// clients ask for, "orders:replication=database:application_name=standby1".
inline constexpr std::string_view kReplicationMark = ":replication=";
// The parameter's value for logical replication, which is bound to a database; any other is physical.
inline constexpr std::string_view kLogicalReplication = "database";
// So are the servers of one replica, for what only reads: "orders:replica=pg-1:5432".
inline constexpr std::string_view kReplicaMark = ":replica=";
// The database that a pool counts for: PAUSE, budgets, settings.
inline std::string_view databaseOf(std::string_view pool_name) {
  return pool_name.substr(0, std::min(pool_name.find(kReplicationMark), pool_name.find(kReplicaMark)));
}

// The entry of the configuration that a pool is of, those of auth_query's pools included.
std::string_view entryNameOf(std::string_view pool_name);

// What a server reported when we logged in: what a client is told at its own login.
using Welcome = std::shared_ptr<const std::vector<pools::Parameter>>;

// How to log in to the server as the pool's user. Secrets: never shown, never logged.
struct ServerCredentials {
  std::string
      secret;  // plain, md5... or SCRAM-SHA-256$..., as the userlist or auth_query had it; empty: none
  std::optional<pgproto::ScramClientKeys> scram_keys;  // from a client's own SCRAM login: pass-through
  struct Derived {
    pgproto::ScramChallenge challenge;
    pgproto::ScramClientKeys keys;
  };
  std::optional<Derived> derived;  // from a plain secret, at the last login to a server that asked for SCRAM
};

struct PoolEntry {
  // `logs_in_like`: the pool whose credentials count here, too; null: it has its own.
  PoolEntry(std::string database, std::string user, std::shared_ptr<pools::SharedAccount> database_account,
            std::shared_ptr<pools::SharedAccount> user_account, uint32_t workers,
            std::shared_ptr<PoolEntry> logs_in_like)
      : shared(std::move(database), std::move(user), std::move(database_account), std::move(user_account),
               workers),
        logs_in_like_(std::move(logs_in_like)) {}

  pools::SharedPool shared;

  Welcome welcome() const;
  void setWelcome(Welcome welcome);
  ServerCredentials credentials() const;
  // Keeps keys that are there already when `credentials` has the same secret and none.
  void setCredentials(ServerCredentials credentials);
  void keepDerived(const ServerCredentials& credentials);
  void forgetKeys();  // the server refused them

 private:
  const std::shared_ptr<PoolEntry> logs_in_like_;
  mutable std::mutex mutex_;  // guards what follows
  Welcome welcome_;
  ServerCredentials credentials_;
};

// One database as it stands while the process runs.
struct DatabaseState {
  std::string name;
  std::shared_ptr<pools::SharedAccount> account;
  std::atomic<bool> paused{false}, disabled{false};
  DatabaseCatalog catalog;
  std::atomic<uint64_t> reconnects{0};  // RECONNECT: servers of an earlier count are replaced

  void reached(WallTime at);
  void unreachable(WallTime at, std::string error);
  struct Contact {
    WallTime reached{}, unreachable{};
    std::string error;
  };
  Contact contact() const;
  bool isDown() const;  // the last try to reach it has failed

  // While it is down, one pool at a time tries it. May the caller, now? Then nobody else may until `end`, or
  // until trialEnded() allows it; if not, `end` becomes when to ask again.
  bool claimTrial(Instant now, Instant& end);
  void trialEnded(Instant next) { trial_at_.store(next.time_since_epoch().count()); }

 private:
  std::atomic<Instant::rep> trial_at_{0};  // when the next one may try
  mutable std::mutex mutex_;               // guards what follows
  Contact contact_;
};

class PoolDirectory {
 public:
  explicit PoolDirectory(uint32_t workers) : workers_(workers) {}

  std::shared_ptr<PoolEntry> pool(std::string_view database, std::string_view user);
  std::shared_ptr<DatabaseState> database(std::string_view name);
  std::shared_ptr<pools::SharedAccount> user(std::string_view name);

  // Forgets the pools that nobody holds, and the databases and users that were known for their sake only.
  void dropUnheld();

  std::vector<std::shared_ptr<PoolEntry>> pools() const;
  std::vector<std::shared_ptr<DatabaseState>> databases() const;
  std::vector<std::shared_ptr<pools::SharedAccount>> users() const;

 private:
  template <typename T>
  using ByName = std::map<std::string, std::shared_ptr<T>, std::less<>>;

  std::shared_ptr<PoolEntry> poolLocked(std::string_view database, std::string_view user);
  std::shared_ptr<DatabaseState> databaseLocked(std::string_view name);
  std::shared_ptr<pools::SharedAccount> userLocked(std::string_view name);

  const uint32_t workers_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::pair<std::string, std::string>, std::shared_ptr<PoolEntry>> pools_;
  ByName<DatabaseState> databases_;
  ByName<pools::SharedAccount> users_;
};

}  // namespace forebay::postgres
