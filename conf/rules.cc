#include "conf/rules.h"

#include <set>

#include "conf/address.h"
#include "conf/failover_rules.h"
#include "conf/listeners.h"
#include "conf/read_rules.h"
#include "conf/redis_rules.h"
#include "conf/tls_rules.h"

namespace forebay::conf {

namespace {

class Rules {
 public:
  Rules(const Config& config, const RuleReport& report)
      : config_(config), postgres_(config.postgres), report_(report) {}

  void check() {
    checkListeners(config_.listen.postgres, "listen.postgres");
    checkListeners(config_.listen.http, "listen.http");
    checkSockets();
    checkClientTls(postgres_.client_tls, "postgres", report_);
    checkServerTls(postgres_.server_tls, "postgres", report_);
    if (listensForPostgres(config_)) checkLogins();
    checkSomethingToServe();
    checkDatabases();
    checkPeers();
    checkFailoverRules(config_, report_);
    checkReadRules(config_, report_);
    checkRedisRules(config_, report_);
  }

 private:
  void tell(std::string path, std::string message) { report_(std::move(path), std::move(message)); }

  void checkListeners(const std::vector<ListenAddress>& addresses, const std::string& path) {
    std::set<std::string> seen;
    for (const ListenAddress& each : addresses) {
      if (each.port != 0 && !seen.insert(format(each)).second)
        tell(path, "'" + format(each) + "' is listed twice");
      if (!each.isUnix()) continue;
      const std::string socket = each.host + "/.s.PGSQL." + std::to_string(each.port);
      if (socket.size() > kUnixPathLimit)
        tell(path, "the Unix socket " + socket + " has a longer name than the system's limit of " +
                       std::to_string(kUnixPathLimit) + " characters");
      if (each.port == 0) tell(path, "a Unix socket needs a port above 0: it is part of the socket's name");
    }
  }

  void checkSockets() {
    if (config_.listen.postgres.empty() && listensForPostgres(config_))
      tell("listen.postgres", "postgres must name at least one address to listen on");
    for (const ListenAddress& each : config_.listen.http)
      if (each.isUnix())
        tell("listen.http", "http must be TCP addresses; the Unix socket for commands is 'control'");
    if (config_.listen.control.size() > kUnixPathLimit)
      tell("listen.control",
           "control must be a path of at most " + std::to_string(kUnixPathLimit) + " characters");
  }

  void checkLogins() {
    checkAuthentication();
    checkHba();
    checkAuthQuery();
  }

  void checkAuthentication() {
    switch (postgres_.auth_type) {
      case AuthType::kTrust: return;
      case AuthType::kPlain:
      case AuthType::kMd5:
      case AuthType::kScramSha256: return checkPasswords();
      case AuthType::kCert: return checkCertificates("auth_type 'cert'");
      case AuthType::kHba:
        if (postgres_.auth_hba_file.empty())
          tell("postgres.auth_type", "auth_type 'hba' needs auth_hba_file");
        return;
      case AuthType::kAny: return checkForcedUsers();
    }
  }

  void checkPasswords() {
    if (!postgres_.auth_file.empty() || !postgres_.auth_user.empty()) return;
    for (const auto& [user, secret] : config_.userlist.secrets())
      if (!secret.empty()) return;
    for (const auto& [name, database] : postgres_.databases)
      if (database.auth_user) return;
    tell("postgres.auth_type",
         "auth_type '" + std::string(nameOf(postgres_.auth_type)) +
             "' needs to know passwords: set auth_file or auth_user, or user and password of a database");
  }

  void checkCertificates(const std::string& who) {
    if (verifies(postgres_.client_tls.sslmode)) return;
    tell("postgres.auth_type", who + " needs client_tls_sslmode 'verify-ca' or 'verify-full', not '" +
                                   std::string(nameOf(postgres_.client_tls.sslmode)) + "'");
  }

  void checkForcedUsers() {
    for (const auto& [name, database] : postgres_.databases)
      if (database.user.empty())
        tell("postgres.databases." + name, "database '" + name +
                                               "' needs user: with auth_type 'any' the client's "
                                               "own name is not checked");
  }

  void checkHba() {
    if (postgres_.auth_type != AuthType::kHba) return;
    for (const HbaRule& rule : config_.hba.rules) {
      const std::string where = postgres_.auth_hba_file + ":" + std::to_string(rule.line);
      if (rule.method == HbaMethod::kCert) checkCertificates(where + ": method 'cert'");
    }
  }

  void checkAuthQuery() {
    const auto check = [&](const std::string& path, const std::string& query) {
      if (query.find("$1") == std::string::npos)
        tell(path, "auth_query must use $1, the name of the user to look up");
    };
    if (!postgres_.auth_user.empty()) check("postgres.auth_query", postgres_.auth_query);
    for (const auto& [name, database] : postgres_.databases)
      if (database.auth_query) check("postgres.databases." + name + ".auth_query", *database.auth_query);
    if (!postgres_.auth_dbname.empty()) checkAuthDatabase("postgres.auth_dbname", postgres_.auth_dbname);
    for (const auto& [name, database] : postgres_.databases)
      if (database.auth_dbname)
        checkAuthDatabase("postgres.databases." + name + ".auth_dbname", *database.auth_dbname);
  }

  void checkAuthDatabase(const std::string& path, const std::string& name) {
    if (isConsoleDatabase(name) || !config_.findDatabase(name))
      tell(path, "auth_dbname must name a database of [postgres.databases], not '" + name + "'");
  }

  void checkSomethingToServe() {
    if (postgres_.databases.empty() && config_.redis.caches.empty())
      tell("postgres.databases",
           "neither a database nor a cache is configured: write [postgres.databases.NAME] with hosts or url, "
           "or [redis.caches.NAME] with host or url");
  }

  void checkDatabases() {
    for (const auto& [name, database] : postgres_.databases) {
      const std::string path = "postgres.databases." + name;
      if (isConsoleDatabase(name))
        tell(path, "the database name '" + name + "' is reserved for the admin console");
      if (database.hosts.empty()) tell(path, "database '" + name + "' needs hosts, host or url");
      if (!database.password.empty() && database.user.empty())
        tell(path + ".password", "database '" + name + "' has a password but no user to log in as");
      checkDirectTls(path, database);
    }
  }

  void checkDirectTls(const std::string& path, const Database& database) {
    const SslMode mode = database.server_tls_sslmode.value_or(postgres_.server_tls.sslmode);
    if (!database.server_direct_tls || mode == SslMode::kRequire || verifies(mode)) return;
    tell(path + ".sslnegotiation",
         "sslnegotiation 'direct' needs server_tls_sslmode 'require' or stricter, not '" +
             std::string(nameOf(mode)) + "'");
  }

  void checkPeers() {
    std::set<uint32_t> seen;
    for (const Peer& peer : postgres_.peers) {
      const std::string path = "postgres.peers." + std::to_string(peer.peer_id);
      if (peer.address.host.empty()) tell(path, "peer " + std::to_string(peer.peer_id) + " needs host");
      if (!seen.insert(peer.peer_id).second)
        tell(path, "peer " + std::to_string(peer.peer_id) + " is listed twice");
    }
    if (!postgres_.peers.empty() && postgres_.peer_id == 0)
      tell("postgres.peers", "peers need peer_id, this gateway's own number among them");
  }

  const Config& config_;
  const PostgresSettings& postgres_;
  const RuleReport& report_;
};

}  // namespace

void checkRules(const Config& config, const RuleReport& report) { Rules(config, report).check(); }

}  // namespace forebay::conf
