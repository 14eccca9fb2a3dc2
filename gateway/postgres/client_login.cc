#include "gateway/postgres/client_login.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "gateway/admin/console_login.h"
#include "gateway/postgres/cancel.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"
#include "pgproto/sql_lexer.h"

namespace forebay::postgres {
namespace {

bool contains(const std::vector<std::string>& names, Bytes name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& n) { return pools::sameName(n, name); });
}

// As PostgreSQL reads the parameter: "database" is logical replication, another yes ("true" here) is
// physical. Empty: an ordinary session. Nothing: not a value that PostgreSQL takes.
std::optional<std::string> replicationKind(Bytes value) {
  if (value == kLogicalReplication) return std::string(value);
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(), pgproto::foldAscii);
  const auto abbreviates = [&](std::string_view word, size_t at_least) {
    return lower.size() >= at_least && word.starts_with(lower);
  };
  if (lower == "1" || lower == "on" || abbreviates("true", 1) || abbreviates("yes", 1)) return "true";
  if (lower == "0" || abbreviates("off", 2) || abbreviates("false", 1) || abbreviates("no", 1)) return "";
  return std::nullopt;
}

}  // namespace

ClientLogin::~ClientLogin() { in_.clear(client_.worker().loop().buffers()); }

void ClientLogin::closed() {
  step_ = Step::kOver;
  derivation_.reset();
}

void ClientLogin::onWritable() {
  if (step_ == Step::kHandshake) return handshake();
}

void ClientLogin::onReadable() {
  switch (step_) {
    case Step::kFirstByte: {
      char first = 0;
      // Looked at, not taken: a TLS handshake must be OpenSSL's from its first byte.
      if (client_.worker().settings().client_tls && ::recv(client_.socket().fd(), &first, 1, MSG_PEEK) == 1 &&
          first == 0x16)
        return startTls(true);
      step_ = Step::kPacket;
      return receive();
    }
    case Step::kHandshake: return handshake();
    case Step::kPacket:
    case Step::kPassword:
    case Step::kSaslFirst:
    case Step::kSaslFinal:
    case Step::kElsewhere: return receive();
    case Step::kOver: return;
  }
}

void ClientLogin::receive() {
  net::BufferPool& buffers = client_.worker().loop().buffers();
  char chunk[4096];
  const net::IoResult got = client_.socket().read(chunk, sizeof chunk);
  if (got.status == net::IoStatus::kWantRead || got.status == net::IoStatus::kWantWrite) return;
  if (got.status != net::IoStatus::kOk) return client_.left("the client left during its login");
  in_.append(buffers, Bytes(chunk, got.bytes));
  if (in_.size() > 2 * kMaxLoginMessage) {
    reject("protocol", pgproto::sqlstate::kProtocolViolation, "too many bytes before the login is done");
    return;
  }
  while (step_ == Step::kPacket && packet()) {
  }
  while ((step_ == Step::kPassword || step_ == Step::kSaslFirst || step_ == Step::kSaslFinal) && message()) {
  }
  if (step_ != Step::kOver && client_.socket().valid() && client_.socket().hasPending()) receive();
}

// Deals with the packet in front. False: more bytes are needed, or the step has changed.
bool ClientLogin::packet() {
  pgproto::StartupPacket packet;
  // A copy: the buffer gives its bytes up while the packet is still looked at.
  const std::string bytes(in_.bytes());
  switch (pgproto::parseStartupPacket(bytes, packet)) {
    case pgproto::Scan::kNeedMore: return false;
    case pgproto::Scan::kMalformed:
      if (packet.protocol != 0)
        return reject("protocol", pgproto::sqlstate::kFeatureNotSupported,
                      "unsupported frontend protocol " + std::to_string(packet.protocol >> 16) + "." +
                          std::to_string(packet.protocol & 0xffff) + ": server supports 3.0 to 3.2");
      return reject("protocol", pgproto::sqlstate::kProtocolViolation, "invalid startup packet");
    case pgproto::Scan::kFrame: break;
  }
  in_.consume(client_.worker().loop().buffers(), packet.size);
  switch (packet.kind) {
    case pgproto::StartupKind::kSslRequest: return sslRequest();
    case pgproto::StartupKind::kGssEncRequest:
      if (std::exchange(gss_answered_, true))
        return reject("protocol", pgproto::sqlstate::kProtocolViolation, "a second GSSENCRequest");
      send("N");
      return nothingBehind("GSSAPI encryption");
    case pgproto::StartupKind::kCancelRequest: return cancelRequest(packet);
    case pgproto::StartupKind::kStartup: return startup(packet);
  }
  return false;
}

// ---- TLS

// Whoever could put plaintext behind such a request could have it taken for the client's own, sent through
// TLS. A client waits for the answer, so that it is an attack or a mistake where the answer is no, too.
bool ClientLogin::nothingBehind(std::string_view request) {
  if (in_.empty()) return true;
  return reject(
      "protocol", pgproto::sqlstate::kProtocolViolation,
      "received unencrypted data after " + std::string(request) + " request",
      "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.");
}

bool ClientLogin::sslRequest() {
  if (std::exchange(ssl_answered_, true) || client_.socket().hasTls())
    return reject("protocol", pgproto::sqlstate::kProtocolViolation, "a second SSLRequest");
  if (!client_.worker().settings().client_tls || client_.peer().isUnix()) {
    send("N");
    return nothingBehind("SSL");
  }
  if (!nothingBehind("SSL")) return false;
  send("S");
  startTls(false);
  return false;
}

void ClientLogin::startTls(bool direct) {
  const Status begun = client_.socket().acceptTls(*client_.worker().settings().client_tls);
  if (!begun) return client_.left(begun.error());
  direct_tls_ = direct;
  step_ = Step::kHandshake;
  if (direct) handshake();
}

void ClientLogin::handshake() {
  net::Socket& socket = client_.socket();
  switch (socket.handshake()) {
    case net::Handshake::kUnderWay: return;
    case net::Handshake::kDone:
      if (direct_tls_ && socket.tls()->alpn() != pgproto::kAlpn)
        return client_.left("direct TLS without ALPN postgresql");
      step_ = Step::kPacket;
      ssl_answered_ = true;
      socket.want(true, false);
      if (socket.hasPending()) receive();
      return;
    case net::Handshake::kFailed: break;
  }
  ++client_.worker().rejected["tls"];
  client_.left("TLS: " + socket.tls()->lastError());
}

// ---- packets

bool ClientLogin::cancelRequest(const pgproto::StartupPacket& packet) {
  step_ = Step::kElsewhere;
  sends_cancel_ = true;
  PostgresWorker& worker = client_.worker();
  const auto answered = [&worker, slot = client_.slot(), id = client_.id()] {
    Client* client = worker.clients().at(slot);
    // Closing is the answer: the cancel has been sent.
    if (client != nullptr && client->id() == id) client->close("cancel request done");
  };
  worker.cancels().requested(packet.cancel_pid, std::string(packet.cancel_secret), {client_.id(), answered});
  return false;
}

bool ClientLogin::startup(const pgproto::StartupPacket& packet) {
  PostgresWorker& worker = client_.worker();
  config_ = worker.settings().config;
  const uint32_t minor = packet.protocol & 0xffff;
  protocol_ = minor >= 2 ? pgproto::kProtocol32 : pgproto::kProtocol30;
  if (minor > 2 || !packet.protocol_options.empty()) {
    std::string negotiate;
    pgproto::appendNegotiateProtocolVersion(negotiate, minor >= 2 ? 2 : 0, packet.protocol_options);
    send(negotiate);
  }
  if (!takeParameters(packet)) return false;
  const conf::PostgresSettings& settings = worker.postgres();
  if (settings.client_tls.sslmode >= conf::SslMode::kRequire && !client_.socket().hasTls() &&
      !client_.peer().isUnix())
    return reject("tls_required", pgproto::sqlstate::kInvalidAuthorization, "TLS is required", {},
                  "Connect with sslmode=require or stronger.");
  if (worker.draining())
    return reject("shutting_down", pgproto::sqlstate::kCannotConnectNow, "the gateway is shutting down",
                  "New clients are not accepted any more.",
                  "Connect again: another instance, or the next one, will answer.");
  if (worker.shared().client_count.load() > settings.max_client_conn && !isConsole())
    return reject("max_client_conn", pgproto::sqlstate::kTooManyConnections,
                  "sorry, too many clients already",
                  "max_client_conn is " + std::to_string(settings.max_client_conn) + ".",
                  "Raise max_client_conn, or use fewer or shorter-lived client connections.");
  if (!isConsole()) config_database_ = config_->findDatabase(database_);
  return authenticate();
}

bool ClientLogin::takeParameters(const pgproto::StartupPacket& packet) {
  const conf::PostgresSettings& settings = client_.worker().postgres();
  for (const auto& [name, value] : packet.parameters) {
    if (name == "user") {
      user_ = value;
    } else if (name == "database") {
      database_ = value;
    } else if (name == "replication") {
      const std::optional<std::string> kind = replicationKind(value);
      if (!kind)
        return reject("protocol", pgproto::sqlstate::kInvalidParameterValue,
                      "invalid value for parameter \"replication\": \"" + std::string(value) + "\"", {},
                      "Valid values are: \"false\", 0, \"true\", 1, \"database\".");
      replication_ = *kind;
    } else if (contains(settings.ignore_startup_parameters, name)) {
      continue;
    } else if (name == "options") {
      if (!takeOptions(value)) return false;
    } else {
      parameters_.push_back({std::string(name), std::string(value)});
    }
  }
  if (user_.empty())
    return reject("protocol", pgproto::sqlstate::kInvalidAuthorization,
                  "no PostgreSQL user name specified in startup packet");
  if (database_.empty()) database_ = user_;
  if (settings.application_name_add_host) {
    const auto is_name = [](const pools::Parameter& p) {
      return pools::sameName(p.name, "application_name");
    };
    if (std::none_of(parameters_.begin(), parameters_.end(), is_name))
      parameters_.push_back({"application_name", "app"});
    for (pools::Parameter& parameter : parameters_)
      if (is_name(parameter)) parameter.value += " - " + client_.peer().text();
  }
  return true;
}

bool ClientLogin::takeOptions(Bytes options) {
  std::vector<std::pair<std::string, std::string>> settings;
  if (!pgproto::parseStartupOptions(options, settings))
    return reject("protocol", pgproto::sqlstate::kFeatureNotSupported,
                  "unsupported startup parameter in options",
                  "Only -c name=value and --name=value can be carried along.",
                  "Add options to ignore_startup_parameters to have them ignored.");
  for (auto& [name, value] : settings) {
    if (!contains(client_.worker().postgres().ignore_startup_parameters, name))
      parameters_.push_back({std::move(name), std::move(value)});
  }
  return true;
}

// ---- into the pool, or the console

void ClientLogin::enterPool() {
  PostgresWorker& worker = client_.worker();
  // Pools of replicas are named so: nobody logs in to one.
  if (config_database_ == nullptr || database_.find(kReplicaMark) != std::string::npos) {
    reject("no_database", pgproto::sqlstate::kInvalidCatalogName,
           "database \"" + database_ + "\" does not exist",
           "Forebay has no entry for it in [postgres.databases], and no \"*\".",
           "Check the name that the client asks for, or add an entry and reload.");
    return;
  }
  const conf::Database* wanted = config_database_;
  conf::Database of_its_own;
  std::string pool_name = database_;
  if (!replication_.empty()) {  // never shared: servers in replication mode are of their own kind
    of_its_own = *config_database_;
    of_its_own.startup_parameters["replication"] = replication_;
    if (of_its_own.dbname.empty()) of_its_own.dbname = database_;
    pool_name.append(kReplicationMark).append(replication_);
    for (const pools::Parameter& parameter :
         parameters_) {  // synchronous_standby_names goes by application_name
      of_its_own.startup_parameters[parameter.name] = parameter.value;
      pool_name += ":" + parameter.name + "=" + parameter.value;
    }
    wanted = &of_its_own;
  }
  const conf::Database& database = *wanted;
  const std::string& owner = database.user.empty() ? user_ : database.user;
  WorkerPool& pool = worker.pool(database, pool_name, owner);
  if (pool.databaseState().disabled.load()) {
    reject("disabled", pgproto::sqlstate::kCannotConnectNow, "database \"" + database_ + "\" is disabled",
           "An administrator has disabled it for new clients.",
           "Connect again after ENABLE on the admin console.");
    return;
  }
  ServerCredentials credentials;
  if (!database.password.empty()) {
    credentials.secret = database.password;
  } else if (!database.user.empty()) {
    const std::string* secret = config_->userlist.find(database.user);
    if (secret != nullptr) credentials.secret = *secret;
  } else {
    if (secret_) credentials.secret = *secret_;
    if (!typed_password_.empty()) credentials.secret = typed_password_;
    if (scram_ && method_ == conf::HbaMethod::kScramSha256) credentials.scram_keys = scram_->keys();
  }
  pool.entry().setCredentials(std::move(credentials));
  pool_ = &pool;
  if (const std::string reached = client_.takeBudgets(pool, user_); !reached.empty()) {
    pool.counters().rejected.add();
    reject("max_client_connections", pgproto::sqlstate::kTooManyConnections,
           "sorry, too many clients already", reached + ".",
           "Raise it, or use fewer or shorter-lived client connections.");
    return;
  }
  step_ = Step::kElsewhere;
  if (pool.entry().welcome()) return finish();
  client_.awaitWelcome(pool);
}

void ClientLogin::welcomed() {
  if (step_ == Step::kElsewhere) finish();
}

void ClientLogin::finish() {
  step_ = Step::kOver;
  PostgresWorker& worker = client_.worker();
  const WorkerPool::Greeting& told = pool_->greeting(parameters_);
  Client::LoggedIn result;
  result.pool = pool_;
  result.replication = !replication_.empty();
  result.protocol = protocol_;
  if (!result.replication) result.parameters = told.parameters;
  pgproto::appendAuthenticationOk(greeting_);
  greeting_ += told.statuses;
  client_.long_secret_ = protocol_ == pgproto::kProtocol32;
  pgproto::appendBackendKeyData(greeting_, client_.pid(), client_.cancelSecret());
  if (!worker.postgres().login_notify_message.empty())
    greeting_ += noticeResponse("00000", worker.postgres().login_notify_message);
  pgproto::appendReadyForQuery(greeting_, 'I');
  result.greeting = std::move(greeting_);
  result.early = in_.bytes();
  client_.loggedIn(std::move(result));
}

void ClientLogin::enterConsole() {
  step_ = Step::kOver;
  const conf::PostgresSettings& settings = client_.worker().postgres();
  Client::LoggedIn result;
  client_.user_account_ = client_.worker().shared().directory.user(user_);
  result.admin = settings.auth_type == conf::AuthType::kAny ||
                 std::find(settings.admin_users.begin(), settings.admin_users.end(), user_) !=
                     settings.admin_users.end();
  result.protocol = protocol_;
  result.parameters = client_.worker().parameters().intern(std::move(parameters_));
  pgproto::appendAuthenticationOk(greeting_);
  greeting_ += admin::consoleParameters();
  client_.long_secret_ = protocol_ == pgproto::kProtocol32;
  pgproto::appendBackendKeyData(greeting_, client_.pid(), client_.cancelSecret());
  pgproto::appendReadyForQuery(greeting_, 'I');
  result.greeting = std::move(greeting_);
  result.early = in_.bytes();
  client_.loggedIn(std::move(result));
}

// What is sent before the login's end is small; a socket that does not even take this much is as good as
// dead.
void ClientLogin::send(Bytes bytes) { (void)client_.socket().write(bytes); }

bool ClientLogin::reject(std::string_view counted_as, std::string_view sqlstate, std::string message,
                         std::string detail, std::string hint) {
  ++client_.worker().rejected[std::string(counted_as)];
  const std::string response =
      greeting_ + errorResponse(sqlstate, message, std::move(detail), std::move(hint));
  client_.close(message, response);
  return false;
}

}  // namespace forebay::postgres
