#include "gateway/postgres/server_login.h"

#include <algorithm>
#include <cstring>

#include "base/random.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/startup.h"

namespace forebay::postgres {
namespace {

// Everything a server says before ReadyForQuery is small.
constexpr size_t kMaxLoginBytes = 256 * 1024;

constexpr milliseconds kLongestRestOfAPrimary{500};

std::string describe(const conf::HostPort& host) {
  return host.isUnix() ? host.host : host.host + ":" + std::to_string(host.port);
}

bool isPlain(std::string_view secret) {
  return !secret.empty() && !secret.starts_with("SCRAM-SHA-256$") &&
         !(secret.starts_with("md5") && secret.size() == 35);
}

}  // namespace

ServerLogin::ServerLogin(Server& server)
    : server_(server), credentials_(server.pool().entry().credentials()) {
  WorkerPool& pool = server.pool();
  PostgresWorker& worker = pool.worker();
  std::vector<conf::HostPort> all = pool.hosts();
  if (all.empty()) all = pool.database().hosts;  // the last one that may be dialled went this very moment
  const size_t begin = pool.nextHost();
  const Instant now = worker.loop().now();
  for (size_t i = 0; i < all.size(); ++i) {
    const conf::HostPort& candidate = all[(begin + i) % all.size()];
    if (worker.shared().health.retryAt(candidate) <= now) hosts_.push_back(candidate);
  }
  if (hosts_.empty()) hosts_.push_back(all[begin % all.size()]);
}

ServerLogin::~ServerLogin() { in_.clear(server_.pool().worker().loop().buffers()); }

conf::SslMode ServerLogin::sslMode() const {
  const auto& of_database = server_.pool().database().server_tls_sslmode;
  return of_database ? *of_database : server_.pool().worker().postgres().server_tls.sslmode;
}

void ServerLogin::tryHost(conf::SslMode mode) {
  step_ = Step::kDialling;
  server_.closeSocket();
  server_.attemptStarted();
  scram_.reset();
  derivation_.reset();
  PostgresWorker& worker = server_.pool().worker();
  if (dialer_) worker.loop().bury(std::move(dialer_));
  ServerDialer::Target target{host(), mode, server_.pool().database().server_direct_tls};
  dialer_ = std::make_unique<ServerDialer>(worker, std::move(target), [this](Result<net::Socket> socket) {
    if (!socket) {
      unreachable(socket.error());
    } else {
      connected(std::move(*socket));
    }
  });
  dialer_->start();
}

void ServerLogin::connected(net::Socket socket) {
  step_ = Step::kAuthenticating;
  server_.useSocket(std::move(socket));
  const WorkerPool& pool = server_.pool();
  const conf::Database& database = pool.database();
  std::vector<std::pair<std::string, std::string>> parameters = {
      {"user", pool.user()}, {"database", database.dbname.empty() ? pool.databaseName() : database.dbname}};
  for (const auto& [name, value] : database.startup_parameters) parameters.emplace_back(name, value);
  std::string startup;
  pgproto::appendStartupMessage(startup, pgproto::kProtocol32, parameters);
  send(startup);
}

void ServerLogin::onReadable() {
  if (step_ != Step::kAuthenticating && step_ != Step::kSettling) return;
  net::BufferPool& buffers = server_.pool().worker().loop().buffers();
  char chunk[8192];
  for (;;) {
    const net::IoResult got = server_.socket().read(chunk, sizeof chunk);
    if (got.status == net::IoStatus::kWantRead || got.status == net::IoStatus::kWantWrite) return;
    if (got.status != net::IoStatus::kOk) {
      unreachable(got.error != 0 ? std::strerror(got.error) : "it closed the connection during login");
      return;
    }
    in_.append(buffers, Bytes(chunk, got.bytes));
    const std::string arrived(in_.bytes());
    in_.clear(buffers);
    size_t used = 0;
    pgproto::Frame frame;
    pgproto::Scan scan = pgproto::Scan::kFrame;
    while ((scan = pgproto::scanFrame(Bytes(arrived).substr(used), kMaxLoginBytes, frame)) ==
           pgproto::Scan::kFrame) {
      used += frame.whole.size();
      if (message(frame.type, frame.body)) continue;
      if (step_ == Step::kDeriving) in_.append(buffers, Bytes(arrived).substr(used));
      return;
    }
    if (scan == pgproto::Scan::kMalformed || arrived.size() - used > kMaxLoginBytes) {
      unreachable("it sent a malformed message during login");
      return;
    }
    in_.append(buffers, Bytes(arrived).substr(used));
  }
}

bool ServerLogin::message(char type, Bytes body) {
  switch (type) {
    case 'R': return authentication(body);
    case 'E': return refused(body);
    case 'N': return true;
    case 'v':
      return true;  // NegotiateProtocolVersion: an older server speaks 3.0, which is all the same to us
    case 'S': {
      pgproto::NamedValue parameter;
      if (pgproto::parseParameterStatus(body, parameter))
        found_.reported.push_back({std::string(parameter.name), std::string(parameter.value)});
      return true;
    }
    case 'K': {
      pgproto::BackendKey key;
      if (!pgproto::parseBackendKeyData(body, key)) break;
      found_.backend_pid = key.pid;
      found_.backend_secret = key.secret;
      return true;
    }
    case 'Z':
      if (step_ != Step::kSettling) break;
      return succeed();
    default: break;
  }
  return unreachable(std::string("it sent a message of type '") + type + "' out of place during login");
}

bool ServerLogin::authentication(Bytes body) {
  pgproto::Authentication request;
  if (!pgproto::parseAuthentication(body, request))
    return unreachable("it sent a malformed authentication request");
  std::string answer;
  switch (request.request) {
    case pgproto::AuthRequest::kOk: return accepted();
    case pgproto::AuthRequest::kCleartextPassword:
      if (!isPlain(credentials_.secret))
        return loginRefused("it wants the plain password, which is not known");
      pgproto::appendPasswordMessage(answer, credentials_.secret);
      break;
    case pgproto::AuthRequest::kMd5Password:
      if (credentials_.secret.empty() ||
          pgproto::secretKind(credentials_.secret) == pgproto::SecretKind::kScramSha256)
        return loginRefused("it wants an md5 password, which is not known");
      pgproto::appendPasswordMessage(
          answer, pgproto::md5Response(server_.pool().user(), credentials_.secret, request.data));
      break;
    case pgproto::AuthRequest::kSasl: return startScram(request.mechanisms);
    case pgproto::AuthRequest::kSaslContinue: return continueScram(request.data);
    case pgproto::AuthRequest::kSaslFinal: {
      if (!scram_) return unreachable("it sent SASL data out of place");
      const Status verified = scram_->verify(request.data);
      return verified ? true : loginRefused(verified.error());
    }
    case pgproto::AuthRequest::kKerberosV5:
    case pgproto::AuthRequest::kGss:
    case pgproto::AuthRequest::kGssContinue:
    case pgproto::AuthRequest::kSspi:
      return loginRefused("it wants an authentication method that Forebay does not have");
  }
  send(answer);
  return true;
}

bool ServerLogin::accepted() {
  // Whoever asks for SCRAM and then does without the proof does not know the password, and may be anybody.
  if (scram_ && !scram_->verified()) return loginRefused("it did not prove that it knows the password");
  step_ = Step::kSettling;
  return true;
}

bool ServerLogin::startScram(const std::vector<Bytes>& mechanisms) {
  if (scram_) return unreachable("it began SASL twice");
  bool plus = false, plain = false;
  for (const Bytes mechanism : mechanisms) {
    plus = plus || mechanism == pgproto::kScramSha256Plus;
    plain = plain || mechanism == pgproto::kScramSha256;
  }
  const net::Tls* tls = server_.socket().tls();
  const std::string end_point_data = tls != nullptr ? tls->endPointData() : std::string();
  if (!plain && (!plus || end_point_data.empty()))
    return loginRefused("it wants a SASL mechanism that Forebay does not have");
  if (isPlain(credentials_.secret)) {
    scram_.emplace(credentials_.secret, pgproto::scramNonce(randomBytes(18)));
  } else if (credentials_.scram_keys) {
    scram_.emplace(*credentials_.scram_keys, pgproto::scramNonce(randomBytes(18)));
  } else {
    return loginRefused(
        "it wants SCRAM, and neither a plain password nor the keys of a client's login are known");
  }
  const std::string first = scram_->first(end_point_data, plus);
  std::string answer;
  pgproto::appendSaslInitialResponse(answer, scram_->mechanism(), first);
  send(answer);
  return true;
}

bool ServerLogin::continueScram(Bytes server_first) {
  if (!scram_) return unreachable("it sent SASL data out of place");
  if (!isPlain(credentials_.secret)) return proveKnowledge(server_first);
  Result<pgproto::ScramChallenge> challenge = pgproto::parseScramChallenge(server_first);
  if (!challenge) return loginRefused(challenge.error());
  if (!credentials_.derived || credentials_.derived->challenge != *challenge)
    return deriveKeys(server_first, std::move(*challenge));
  scram_->use(credentials_.derived->keys);
  return proveKnowledge(server_first);
}

// Once per password and not once per login: see PoolEntry.
bool ServerLogin::deriveKeys(Bytes server_first, pgproto::ScramChallenge challenge) {
  step_ = Step::kDeriving;
  server_.socket().want(false, false);
  derivation_ = std::make_unique<KeyDerivation>(
      server_.pool().worker().loop(), credentials_.secret, challenge,
      [this, challenge, message = std::string(server_first)](const pgproto::ScramClientKeys& keys) {
        if (step_ != Step::kDeriving || server_.state() != Server::State::kLogin) return;
        step_ = Step::kAuthenticating;
        credentials_.derived = {challenge, keys};
        server_.pool().entry().keepDerived(credentials_);
        scram_->use(keys);
        if (!proveKnowledge(message)) return;
        server_.socket().want(true, false);
        onReadable();  // TLS may hold bytes that no event will announce
      });
  return false;
}

bool ServerLogin::proveKnowledge(Bytes server_first) {
  const Result<std::string> final = scram_->final(server_first);
  if (!final) return loginRefused(final.error());
  std::string answer;
  pgproto::appendSaslResponse(answer, *final);
  send(answer);
  return true;
}

// PostgreSQL says no, in its own words, which are the client's to see.
bool ServerLogin::refused(Bytes body) {
  pgproto::ErrorFields fields;
  pgproto::parseErrorFields(body, fields);
  std::string response = "E";
  appendBe32(response, static_cast<uint32_t>(body.size() + 4));
  response += body;
  const Bytes state = fields.sqlstate();
  // pg_hba.conf may let this connection in only without TLS, or only with it.
  if (state == pgproto::sqlstate::kInvalidAuthorization && !other_sslmode_tried_) {
    other_sslmode_tried_ = true;
    if (sslMode() == conf::SslMode::kPrefer && server_.socket().hasTls())
      return tryHost(conf::SslMode::kDisable), false;
    if (sslMode() == conf::SslMode::kAllow) return tryHost(conf::SslMode::kRequire), false;
  }
  if (state == pgproto::sqlstate::kInvalidPassword) server_.pool().entry().forgetKeys();
  const bool client_at_fault = state.substr(0, 2) == "28" ||
                               state == pgproto::sqlstate::kInvalidCatalogName ||
                               state == pgproto::sqlstate::kInsufficientPrivilege;
  std::string reason(fields.message());
  if (client_at_fault) return loginRefused(std::move(reason), std::move(response));
  // Unless the server is starting or stopping, it is this role, this database or what we ask for: other pools
  // need not keep away from the host.
  if (state.substr(0, 4) != "57P0")
    return tryNextHost({DialFailure::Kind::kFull, std::move(reason), std::move(response)});
  return unreachable(std::move(reason), std::move(response));
}

// What is sent during login is small; a socket that does not even take this much is as good as dead.
void ServerLogin::send(Bytes bytes) { (void)server_.socket().write(bytes); }

void ServerLogin::timedOut() { unreachable("server_connect_timeout: it did not answer in time"); }

bool ServerLogin::unreachable(std::string reason, std::string response) {
  if (step_ == Step::kOver) return false;
  PostgresWorker& worker = server_.pool().worker();
  Duration longest = worker.postgres().server_login_retry;
  // Where probes tell when a server is back, a try is worth more than a rest.
  if (server_.pool().topology()) longest = std::min<Duration>(longest, kLongestRestOfAPrimary);
  worker.shared().health.failed(host(), worker.loop().now(), longest, worker.jitter());
  server_.pool().doubt(host());
  return tryNextHost({DialFailure::Kind::kUnreachable, std::move(reason), std::move(response)});
}

// When none is left, what went wrong with the first one counts.
bool ServerLogin::tryNextHost(DialFailure failure) {
  WorkerPool& pool = server_.pool();
  if (!first_failure_) {
    failure.reason = describe(host()) + ": " + failure.reason;
    first_failure_ = std::move(failure);
  }
  in_.clear(pool.worker().loop().buffers());
  found_ = {};
  pool.hostFailed();
  if (++host_index_ < hosts_.size()) {
    other_sslmode_tried_ = false;
    tryHost(sslMode());
    return false;
  }
  const bool over_tls = first_failure_->reason.find("TLS") != std::string::npos;
  if (first_failure_->response.empty())
    first_failure_->response = errorResponse(
        pgproto::sqlstate::kConnectionFailure,
        "no server of database \"" + pool.databaseName() + "\" can be reached",
        first_failure_->reason + " (pool " + pool.databaseName() + "/" + pool.user() + ").",
        over_tls ? "Check server_tls_sslmode and its certificates, and ssl in PostgreSQL's settings."
                 : "Check that PostgreSQL runs there, and hosts in the database's settings.");
  fail(*first_failure_);
  return false;
}

bool ServerLogin::loginRefused(std::string reason, std::string response) {
  const WorkerPool& pool = server_.pool();
  reason = describe(host()) + ": " + reason;
  if (response.empty())
    response = errorResponse(pgproto::sqlstate::kInvalidAuthorization,
                             "the server refused the login of user \"" + pool.user() + "\"",
                             reason + " (pool " + pool.databaseName() + "/" + pool.user() + ").",
                             "Check the user's secret in auth_file, or password in the database's settings.");
  fail({DialFailure::Kind::kLoginRefused, std::move(reason), std::move(response)});
  return false;
}

bool ServerLogin::succeed() {
  if (!inItsRole()) return unreachable("it is a replica, and the primary is wanted");
  step_ = Step::kOver;
  server_.pool().worker().shared().health.succeeded(host());
  found_.host = host();
  server_.loggedIn(std::move(found_));
  return false;
}

// PostgreSQL 14 and later say so at the login: roles may have changed while the connection was made.
bool ServerLogin::inItsRole() const {
  const conf::TargetSessionAttrs target = conf::targetOf(server_.pool().database());
  if (target != conf::TargetSessionAttrs::kPrimary && target != conf::TargetSessionAttrs::kReadWrite)
    return true;
  return std::ranges::none_of(found_.reported, [](const pools::Parameter& parameter) {
    return parameter.name == "in_hot_standby" && parameter.value == "on";
  });
}

void ServerLogin::fail(const DialFailure& failure) {
  step_ = Step::kOver;
  if (dialer_) server_.pool().worker().loop().bury(std::move(dialer_));
  server_.loginFailed(failure);
}

}  // namespace forebay::postgres
