#include "gateway/probe/postgres_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <utility>
#include <vector>

#include "gateway/net/socket_address.h"

namespace forebay::probe {
namespace {

// Neither ~/.pgpass is to be read, nor is libpq to write to our log what it thinks of a file that is not a
// plain one: nothing can be there.
constexpr const char* kNoFile = "/dev/null/none";

// Verbose messages read "FATAL:  57P03: the database system is starting up". Empty: the server said nothing.
std::string sqlstateIn(const std::string& message) {
  for (size_t at = message.find(":  "); at != std::string::npos; at = message.find(":  ", at + 1)) {
    const std::string code = message.substr(at + 3, 5);
    if (code.size() == 5 && message.compare(at + 8, 2, ": ") == 0 &&
        std::ranges::all_of(code, [](unsigned char c) { return std::isdigit(c) || std::isupper(c); }))
      return code;
  }
  return {};
}

// Has a server that refuses a login in these words to be taken for gone? One that starts, stops or recovers
// is.
bool takesNobody(const std::string& message) {
  const std::string code = sqlstateIn(message);
  return code.empty() || code.starts_with("57P");
}

}  // namespace

// libpq says "connection to server ... failed: " in front, and may say more in further lines.
std::string firstLineOf(const char* message) {
  std::string text(message);
  text.resize(std::min(text.size(), text.find('\n')));
  if (const size_t cause = text.find(" failed: "); cause != std::string::npos) text.erase(0, cause + 9);
  return text.empty() ? "the connection was lost" : text;
}

PostgresLine::PostgresLine(net::Loop& loop, net::Resolver& resolver, conf::HostPort host, Login login,
                           Heard heard)
    : loop_(loop),
      resolver_(resolver),
      host_(std::move(host)),
      login_(std::move(login)),
      heard_(std::move(heard)) {}

bool PostgresLine::connected() const {
  return state_ >= State::kConnecting && PQstatus(connection_.get()) != CONNECTION_STARTED;
}

// ---- connecting

void PostgresLine::start() {
  assert(state_ == State::kResting);
  if (host_.isUnix()) return connect(nullptr);
  state_ = State::kResolving;
  ticket_ = resolver_.resolve(host_, loop_.now(), [this](Result<net::Resolver::Addresses> addresses) {
    if (!addresses) return lost(false, addresses.error());
    connect(&addresses->front());
  });
}

void PostgresLine::connect(const net::SocketAddress* address) {
  state_ = State::kConnecting;
  const std::string port = std::to_string(host_.port);
  address_ = address != nullptr ? address->host() : "";
  std::vector<std::pair<const char*, std::string>> options = {
      {"host", host_.host},
      {"port", port},
      {"user", login_.user},
      {"dbname", login_.dbname},
      {"password", login_.password},
      {"passfile", kNoFile},
      {"gssencmode", "disable"},
      {"application_name", "forebay probe"},
      {"sslmode", std::string(conf::nameOf(host_.isUnix() ? conf::SslMode::kDisable : login_.tls.sslmode))},
      {"sslrootcert", login_.tls.ca_file},
      {"sslcert", login_.tls.cert_file},
      {"sslkey", login_.tls.key_file},
  };
  if (!address_.empty()) options.emplace_back("hostaddr", address_);
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : options) {
    if (value.empty()) continue;
    keys.push_back(key);
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(keys.data(), values.data(), 0));
  if (!connection_) return lost(false, "there is no memory for a connection");
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) return failed(PQerrorMessage(connection_.get()));
  watch(UV_WRITABLE);  // libpq: wait as if PQconnectPoll() had asked for writing
}

void PostgresLine::goOn() {
  // The descriptor may change from step to step.
  switch (PQconnectPoll(connection_.get())) {
    case PGRES_POLLING_READING: return watch(UV_READABLE);
    case PGRES_POLLING_WRITING: return watch(UV_WRITABLE);
    case PGRES_POLLING_OK:
      PQsetnonblocking(connection_.get(), 1);
      state_ = State::kReady;
      return heard_.ready();
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE: return failed(PQerrorMessage(connection_.get()));
  }
}

// ---- asking

void PostgresLine::ask(const char* sql) {
  assert(state_ == State::kReady);
  if (PQsendQuery(connection_.get(), sql) == 0) return failed(PQerrorMessage(connection_.get()));
  const int left = PQflush(connection_.get());
  if (left < 0) return failed(PQerrorMessage(connection_.get()));
  state_ = State::kAsking;
  watch(left > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

void PostgresLine::onEvent() {
  if (state_ == State::kConnecting) return goOn();
  if (PQconsumeInput(connection_.get()) == 0) return failed(PQerrorMessage(connection_.get()));
  if (state_ != State::kAsking) return;
  if (PQflush(connection_.get()) == 0) watch(UV_READABLE);
  readResults();
}

void PostgresLine::readResults() {
  while (state_ == State::kAsking && PQisBusy(connection_.get()) == 0) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(connection_.get()), &PQclear);
    if (!result) {  // it was the last one
      state_ = State::kReady;
      return heard_.ready();
    }
    if (PQstatus(connection_.get()) == CONNECTION_BAD) return failed(PQresultErrorMessage(result.get()));
    heard_.result(*result);
  }
}

// ---- the end

void PostgresLine::failed(const char* message) {
  const std::string why = message;  // it is the connection's
  lost(!takesNobody(why), firstLineOf(why.c_str()));
}

void PostgresLine::lost(bool reached, std::string why) {
  end();
  heard_.lost(reached, std::move(why));
}

void PostgresLine::end() {
  ticket_.cancel();
  unwatch();
  connection_.reset();
  state_ = State::kResting;
}

void PostgresLine::watch(int events) {
  // While it connects libpq may close its socket and open another, even one of the same number.
  if (state_ == State::kConnecting || !poll_) {
    unwatch();
    watched_ = fcntl(PQsocket(connection_.get()), F_DUPFD_CLOEXEC, 0);
    if (watched_ >= 0) poll_ = net::makePoll(loop_.native(), watched_, this);
  }
  if (!poll_) return lost(false, "the event loop refused its socket");
  uv_poll_start(poll_.get(), events,
                [](uv_poll_t* poll, int, int) { static_cast<PostgresLine*>(poll->data)->onEvent(); });
}

void PostgresLine::unwatch() {
  poll_.reset();
  if (watched_ >= 0) ::close(std::exchange(watched_, -1));
}

}  // namespace forebay::probe
