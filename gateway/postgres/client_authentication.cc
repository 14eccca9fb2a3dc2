// How a client proves who it is: trust, plain, md5, SCRAM, certificate or peer, as auth_type or the HBA file
// says. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
#include <pwd.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/random.h"
#include "gateway/postgres/auth_query.h"
#include "gateway/postgres/client_login.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "pgproto/messages.h"
#include "pgproto/scram_crypto.h"

namespace forebay::postgres {
namespace {

constexpr uint32_t kMaxIterationsToCheck = 100000;  // 25 ms

conf::HbaMethod methodOf(conf::AuthType type) {
  switch (type) {
    case conf::AuthType::kTrust:
    case conf::AuthType::kAny: return conf::HbaMethod::kTrust;
    case conf::AuthType::kPlain: return conf::HbaMethod::kPassword;
    case conf::AuthType::kMd5: return conf::HbaMethod::kMd5;
    case conf::AuthType::kScramSha256: return conf::HbaMethod::kScramSha256;
    case conf::AuthType::kCert: return conf::HbaMethod::kCert;
    case conf::AuthType::kHba: break;
  }
  return conf::HbaMethod::kReject;
}

std::string peerUser(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
  passwd entry{};
  passwd* found = nullptr;
  char strings[1024];
  if (::getpwuid_r(credentials.uid, &entry, strings, sizeof strings, &found) != 0 || found == nullptr)
    return {};
  return found->pw_name;
}

}  // namespace

conf::HbaMethod ClientLogin::chooseMethod() {
  if (config_->postgres.auth_type != conf::AuthType::kHba) return methodOf(config_->postgres.auth_type);
  conf::HbaQuery query;
  query.database = database_;
  query.user = user_;
  query.replication = !replication_.empty() && replication_ != kLogicalReplication;
  query.unix_socket = client_.peer().isUnix();
  query.tls = client_.socket().hasTls();
  query.ipv6 = client_.peer().family() == net::PeerAddress::Family::kIpv6;
  query.address = client_.peer().bytes();
  const conf::HbaRule* rule = config_->hba.match(query);
  if (rule == nullptr) return conf::HbaMethod::kReject;
  ident_map_ = rule->map;
  return rule->method;
}

// What the HBA rules went by.
std::string ClientLogin::comingFrom() const {
  const net::PeerAddress& peer = client_.peer();
  std::string text = replication_.empty() ? "Connection" : "Replication connection";
  text += peer.isUnix() ? " over a Unix socket" : " from host \"" + peer.host() + "\"";
  text += ", user \"" + user_ + "\", database \"" + database_ + "\"";
  if (!peer.isUnix()) text += client_.socket().hasTls() ? ", with TLS" : ", without TLS";
  return text + ".";
}

bool ClientLogin::authenticate() {
  method_ = chooseMethod();
  switch (method_) {
    case conf::HbaMethod::kReject:
      return reject("auth_rejected", pgproto::sqlstate::kInvalidAuthorization,
                    "no rule of the HBA file lets user \"" + user_ + "\" into database \"" + database_ + "\"",
                    comingFrom(), "Add a rule for it to auth_hba_file and reload.");
    case conf::HbaMethod::kCert:
      if (!certificateFits()) return false;
      break;
    case conf::HbaMethod::kPeer:
      if (!peerFits()) return false;
      break;
    case conf::HbaMethod::kTrust:
    case conf::HbaMethod::kMd5:
    case conf::HbaMethod::kPassword:
    case conf::HbaMethod::kScramSha256: break;
  }
  if (const std::string* listed = config_->userlist.find(user_)) {
    secretFound(*listed);
    return false;
  }
  if (!asksDatabase()) {
    secretFound(std::nullopt);
    return false;
  }
  step_ = Step::kElsewhere;
  PostgresWorker& worker = client_.worker();
  worker.authQueries().find(*config_database_, database_, user_,
                            [&worker, slot = client_.slot(), id = client_.id()](AuthQueries::Answer answer) {
                              Client* client = worker.clients().at(slot);
                              if (client == nullptr || client->id() != id || !client->login_) return;
                              ClientLogin& login = *client->login_;
                              if (!answer.failure.empty())
                                return client->close("auth_query failed", answer.failure);
                              login.secretFound(std::move(answer.secret));
                            });
  return false;
}

bool ClientLogin::asksDatabase() const {
  return !isConsole() && config_->postgres.auth_type != conf::AuthType::kAny &&
         AuthQueries::configured(*config_, config_database_);
}

void ClientLogin::secretFound(std::optional<std::string> secret) {
  secret_ = std::move(secret);
  switch (method_) {
    case conf::HbaMethod::kTrust:
    case conf::HbaMethod::kPeer:
    case conf::HbaMethod::kCert:
      if (mayComeWithoutSecret()) {
        authenticated();
      } else {
        authenticationFailed("unknown user");
      }
      return;
    case conf::HbaMethod::kPassword:
      // Whoever stores a secret of their own chooses how long it takes to check, and the loop must not wait.
      if (const auto scram = pgproto::parseScramSecret(secret_.value_or(""));
          scram && scram->iterations > kMaxIterationsToCheck) {
        client_.worker().log().warning()
            << "user \"" << user_ << "\" cannot log in with auth_type plain: its secret takes "
            << scram->iterations << " iterations to check";
        secret_->clear();
      }
      askForPassword();
      return;
    case conf::HbaMethod::kMd5:
      // As PostgreSQL: md5 asks for SCRAM when that is how the secret is stored.
      if (hasScramSecret()) {
        method_ = conf::HbaMethod::kScramSha256;
        startScram();
        return;
      }
      askForPassword();
      return;
    case conf::HbaMethod::kScramSha256: startScram(); return;
    case conf::HbaMethod::kReject: return;
  }
}

bool ClientLogin::mayComeWithoutSecret() const {
  if (secret_ || mayUseConsole()) return true;
  if (asksDatabase()) return false;
  return method_ != conf::HbaMethod::kTrust || config_->userlist.size() == 0 ||
         config_->postgres.auth_type == conf::AuthType::kAny;
}

// Of who has no secret it is assumed, so that they are asked for their password like those who have one: the
// userlist tells what secrets are like here, and without one, PostgreSQL's own are SCRAM's.
bool ClientLogin::hasScramSecret() const {
  if (provable()) return pgproto::secretKind(*secret_) == pgproto::SecretKind::kScramSha256;
  const auto& listed = config_->userlist.secrets();
  if (listed.empty() || AuthQueries::configured(*config_, config_database_)) return true;
  return std::any_of(listed.begin(), listed.end(), [](const auto& entry) {
    return pgproto::secretKind(entry.second) == pgproto::SecretKind::kScramSha256;
  });
}

bool ClientLogin::askForPassword() {
  step_ = Step::kPassword;
  std::string request;
  if (method_ == conf::HbaMethod::kMd5) {
    salt_ = randomBytes(4);
    pgproto::appendAuthenticationMd5Password(request, salt_);
  } else {
    pgproto::appendAuthenticationCleartextPassword(request);
  }
  send(request);
  return false;
}

bool ClientLogin::startScram() {
  const conf::PostgresSettings& settings = config_->postgres;
  PostgresWorker& worker = client_.worker();
  // What an unknown user is shown is also the salt of who has a plain password: nobody can tell them apart.
  const pgproto::ScramSecret mock =
      pgproto::makeMockScramSecret(user_, worker.shared().mock_secret, settings.scram_iterations);
  std::optional<pgproto::ScramSecret> known;
  if (provable()) {
    switch (pgproto::secretKind(*secret_)) {
      case pgproto::SecretKind::kScramSha256: known = pgproto::parseScramSecret(*secret_); break;
      case pgproto::SecretKind::kPlain: {
        const pgproto::ScramSecret* made =
            worker.scramSecrets().find(user_, *secret_, settings.scram_iterations);
        underived_ = made == nullptr;
        known = underived_ ? mock : *made;
        break;
      }
      case pgproto::SecretKind::kMd5: break;  // a hash of the password is no password
    }
  }
  // Who is not known goes through the same exchange, which then fails like a wrong password.
  unknown_user_ = !known;
  shown_ = {mock.salt, mock.iterations};
  const net::Tls* tls = client_.socket().tls();
  const std::string end_point_data = tls != nullptr ? tls->endPointData() : std::string();
  scram_.emplace(known.value_or(mock), pgproto::scramNonce(randomBytes(18)), end_point_data);
  step_ = Step::kSaslFirst;
  std::vector<Bytes> mechanisms = {"SCRAM-SHA-256"};
  if (!end_point_data.empty()) mechanisms.insert(mechanisms.begin(), "SCRAM-SHA-256-PLUS");
  std::string request;
  pgproto::appendAuthenticationSasl(request, mechanisms);
  send(request);
  return false;
}

// Deals with the message in front. False: more bytes are needed, or the step has changed.
bool ClientLogin::message() {
  if (in_.empty()) return false;
  const std::string bytes(in_.bytes());
  if (bytes[0] == 'X') return client_.left("the client said goodbye during its login"), false;
  if (bytes[0] != 'p')
    return reject("protocol", pgproto::sqlstate::kProtocolViolation,
                  "expected a password response, got message type " +
                      std::to_string(static_cast<unsigned char>(bytes[0])));
  pgproto::Frame frame;
  switch (pgproto::scanFrame(bytes, kMaxLoginMessage, frame)) {
    case pgproto::Scan::kNeedMore: return false;
    case pgproto::Scan::kMalformed:
      return reject("protocol", pgproto::sqlstate::kProtocolViolation, "invalid message length");
    case pgproto::Scan::kFrame: break;
  }
  in_.consume(client_.worker().loop().buffers(), frame.whole.size());
  if (step_ == Step::kPassword) return passwordMessage(frame.body);
  return step_ == Step::kSaslFirst ? saslFirst(frame.body) : saslFinal(frame.body);
}

bool ClientLogin::passwordMessage(Bytes body) {
  if (body.empty() || body.back() != '\0')
    return reject("protocol", pgproto::sqlstate::kProtocolViolation, "invalid password packet");
  const Bytes answer = body.substr(0, body.size() - 1);
  // Without a secret the answer is compared with one that nobody knows: the time taken is the same.
  const std::string secret = provable() ? *secret_ : mockSecret();
  const bool right = method_ == conf::HbaMethod::kMd5
                         ? pgproto::verifyMd5Response(user_, secret, salt_, answer)
                         : pgproto::passwordMatches(user_, answer, secret);
  if (!right || !provable()) return authenticationFailed(secret_ ? "wrong password" : "unknown user");
  if (method_ == conf::HbaMethod::kPassword) typed_password_ = answer;
  return authenticated();
}

std::string ClientLogin::mockSecret() const {
  const std::string& process_secret = client_.worker().shared().mock_secret;
  if (method_ == conf::HbaMethod::kMd5 || !hasScramSecret()) return process_secret;
  return pgproto::formatScramSecret(
      pgproto::makeMockScramSecret(user_, process_secret, config_->postgres.scram_iterations));
}

bool ClientLogin::saslFirst(Bytes body) {
  pgproto::SaslInitialResponse initial;
  if (!pgproto::parseSaslInitialResponse(body, initial))
    return reject("protocol", pgproto::sqlstate::kProtocolViolation, "invalid SASLInitialResponse");
  const Result<std::string> reply = scram_->first(initial.mechanism, initial.data);
  if (!reply) return reject("protocol", pgproto::sqlstate::kProtocolViolation, "SCRAM: " + reply.error());
  step_ = Step::kSaslFinal;
  std::string message;
  pgproto::appendAuthenticationSaslContinue(message, *reply);
  send(message);
  return true;
}

bool ClientLogin::saslFinal(Bytes body) {
  if (underived_) return deriveSecret(std::string(body)), false;
  const Result<std::string> reply = scram_->final(body);
  if (!reply || unknown_user_) return refuseProof(reply ? "unknown user" : reply.error());
  pgproto::appendAuthenticationSaslFinal(greeting_, *reply);
  return authenticated();
}

// The first login with a plain password: from it the keys are made, which takes a while.
void ClientLogin::deriveSecret(std::string client_final) {
  step_ = Step::kElsewhere;
  derivation_.emplace(client_.worker().keyQueue(), KeyQueue::Use::kLogin, *secret_, shown_,
                      [this, message = std::move(client_final)](const pgproto::ScramClientKeys& keys) {
                        const pgproto::ScramSecret made = {shown_.iterations, shown_.salt,
                                                           pgproto::storedKeyOf(keys.client_key),
                                                           keys.server_key};
                        client_.worker().scramSecrets().keep(user_, *secret_, made);
                        scram_->use(made.stored_key, made.server_key);
                        const Result<std::string> reply = scram_->final(message);
                        if (!reply) return (void)authenticationFailed(reply.error());
                        pgproto::appendAuthenticationSaslFinal(greeting_, *reply);
                        (void)authenticated();
                      });
}

// Where some secrets are plain, a refusal takes as long as the first login of such a user: whether a name is
// known, and has been used already, cannot be told by the time that a wrong password takes.
bool ClientLogin::refuseProof(std::string why) {
  PostgresWorker& worker = client_.worker();
  const bool some_plain = worker.settings().plain_secrets || !worker.scramSecrets().empty();
  if (!some_plain) return authenticationFailed(why);
  step_ = Step::kElsewhere;
  derivation_.emplace(
      worker.keyQueue(), KeyQueue::Use::kRefusal, worker.shared().mock_secret, shown_,
      [this, why = std::move(why)](const pgproto::ScramClientKeys&) { (void)authenticationFailed(why); });
  return false;
}

bool ClientLogin::certificateFits() {
  const net::Tls* tls = client_.socket().tls();
  if (tls == nullptr || !tls->peerVerified()) return authenticationFailed("no valid client certificate");
  if (!config_->hba.mapAllows(ident_map_, tls->peerCommonName(), user_))
    return authenticationFailed("its certificate is another user's");
  return true;
}

bool ClientLogin::peerFits() {
  if (!client_.peer().isUnix()) return authenticationFailed("peer works on Unix sockets only");
  const std::string system_user = peerUser(client_.socket().fd());
  if (system_user.empty() || !config_->hba.mapAllows(ident_map_, system_user, user_))
    return authenticationFailed("its system user may not log in under this name");
  return true;
}

bool ClientLogin::mayUseConsole() const {
  if (!isConsole()) return false;
  const auto listed = [&](const std::vector<std::string>& users) {
    return std::find(users.begin(), users.end(), user_) != users.end();
  };
  return config_->postgres.auth_type == conf::AuthType::kAny || listed(config_->postgres.admin_users) ||
         listed(config_->postgres.stats_users);
}

bool ClientLogin::authenticated() {
  if (!isConsole()) return enterPool(), false;
  if (!mayUseConsole())
    return reject("auth_failed", pgproto::sqlstate::kInvalidAuthorization, "not allowed",
                  "User \"" + user_ + "\" is neither in admin_users nor in stats_users.",
                  "Add the user to one of them and reload.");
  enterConsole();
  return false;
}

// The same words whatever was wrong; which it was goes to the log.
bool ClientLogin::authenticationFailed(std::string_view why) {
  PostgresWorker& worker = client_.worker();
  if (asksDatabase() && config_->userlist.find(user_) == nullptr)
    worker.authQueries().forget(*config_database_, database_, user_);
  worker.log().info() << "login of user \"" << user_ << "\" from " << client_.peer().text()
                      << " failed: " << why;
  const std::string_view method = method_ == conf::HbaMethod::kCert   ? "certificate"
                                  : method_ == conf::HbaMethod::kPeer ? "peer"
                                                                      : "password";
  return reject("auth_failed", pgproto::sqlstate::kInvalidPassword,
                std::string(method) + " authentication failed for user \"" + user_ + "\"");
}

}  // namespace forebay::postgres
