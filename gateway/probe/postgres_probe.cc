#include "gateway/probe/postgres_probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

#include "gateway/net/socket_address.h"

namespace forebay::probe {
namespace {

// A connection on which so many questions' time has passed is taken for dead, and made anew.
constexpr int kPatience = 3;

// Neither ~/.pgpass is to be read, nor is libpq to write to our log what it thinks of a file that is not a
// plain one: nothing can be there.
constexpr const char* kNoFile = "/dev/null/none";

// One row: in recovery, system identifier, timeline, position, received position, age of the last replayed
// transaction in seconds, default_transaction_read_only. The control file tells a timeline only at its next
// checkpoint, so a primary is asked for the name of the WAL file that it writes to, which begins with it.
constexpr const char* kQuestion =
    "SELECT r, (SELECT system_identifier FROM pg_catalog.pg_control_system()), "
    "CASE WHEN r THEN GREATEST((SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()), "
    "COALESCE((SELECT received_tli FROM pg_catalog.pg_stat_get_wal_receiver()), 0)) "
    "ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))"
    "::pg_catalog.bit(32)::pg_catalog.int4 END, "
    "CASE WHEN r THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END "
    "- '0/0'::pg_catalog.pg_lsn, "
    "CASE WHEN r THEN pg_catalog.pg_last_wal_receive_lsn() - '0/0'::pg_catalog.pg_lsn END, "
    "CASE WHEN r THEN EXTRACT(epoch FROM pg_catalog.clock_timestamp() "
    "- pg_catalog.pg_last_xact_replay_timestamp()) END, "
    "pg_catalog.current_setting('default_transaction_read_only') "
    "FROM (SELECT pg_catalog.pg_is_in_recovery() AS r) AS recovery";
constexpr int kColumns = 7;

bool readFacts(const PGresult* answer, failover::Facts& facts) {
  if (PQntuples(answer) != 1 || PQnfields(answer) != kColumns) return false;
  const auto value = [answer](int column) { return std::string(PQgetvalue(answer, 0, column)); };
  const auto number = [&](int column) { return std::strtoull(value(column).c_str(), nullptr, 10); };
  facts.in_recovery = value(0) == "t";
  facts.system_identifier = number(1);
  facts.timeline = static_cast<uint32_t>(std::strtoll(value(2).c_str(), nullptr, 10));
  facts.lsn = number(3);
  facts.received_lsn = number(4);
  if (PQgetisnull(answer, 0, 5) == 0)
    facts.replay_age = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(std::max(0.0, std::strtod(value(5).c_str(), nullptr))));
  facts.read_only = value(6) == "on";
  return facts.system_identifier != 0 && facts.timeline != 0;
}

// libpq says "connection to server ... failed: " in front, and may say more in further lines.
std::string firstLine(const char* message) {
  std::string text(message);
  text.resize(std::min(text.size(), text.find('\n')));
  if (const size_t cause = text.find(" failed: "); cause != std::string::npos) text.erase(0, cause + 9);
  return text.empty() ? "the connection was lost" : text;
}

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

PostgresProbe::PostgresProbe(net::Loop& loop, net::Resolver& resolver, conf::HostPort host, Login login,
                             Duration timeout, Heard heard)
    : loop_(loop),
      resolver_(resolver),
      host_(std::move(host)),
      login_(std::move(login)),
      timeout_(timeout),
      heard_(std::move(heard)),
      overdue_(loop, [this] { overdue(); }) {}

void PostgresProbe::ask() {
  if (asking()) return;
  asked_ = loop_.now();
  late_ = 0;
  retried_ = false;
  overdue_.in(timeout_);
  if (state_ == State::kReady) return sendQuestion();
  resolve();
}

// ---- connecting

void PostgresProbe::resolve() {
  if (host_.isUnix()) return connect(nullptr);
  state_ = State::kResolving;
  ticket_ = resolver_.resolve(host_, loop_.now(), [this](Result<net::Resolver::Addresses> addresses) {
    if (!addresses) return failed(false, addresses.error());
    connect(&addresses->front());
  });
}

void PostgresProbe::connect(const net::SocketAddress* address) {
  state_ = State::kConnecting;
  const std::string port = std::to_string(host_.port), numeric = address != nullptr ? address->host() : "";
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
  if (!numeric.empty()) options.emplace_back("hostaddr", numeric);
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : options) {
    if (value.empty()) continue;
    keys.push_back(key);
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(keys.data(), values.data(), 0));
  if (!connection_) return failed(false, "there is no memory for a connection");
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) return connectionLost(PQerrorMessage(connection_.get()));
  watch(UV_WRITABLE);  // libpq: wait as if PQconnectPoll() had asked for writing
}

void PostgresProbe::goOn() {
  // The descriptor may change from step to step.
  switch (PQconnectPoll(connection_.get())) {
    case PGRES_POLLING_READING: return watch(UV_READABLE);
    case PGRES_POLLING_WRITING: return watch(UV_WRITABLE);
    case PGRES_POLLING_OK: PQsetnonblocking(connection_.get(), 1); return sendQuestion();
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE: return connectionLost(PQerrorMessage(connection_.get()));
  }
}

// ---- asking

void PostgresProbe::sendQuestion() {
  state_ = State::kAsking;
  if (PQsendQuery(connection_.get(), kQuestion) == 0)
    return connectionLost(PQerrorMessage(connection_.get()));
  const int left = PQflush(connection_.get());
  if (left < 0) return connectionLost(PQerrorMessage(connection_.get()));
  watch(left > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

void PostgresProbe::onEvent() {
  if (state_ == State::kConnecting) return goOn();
  if (PQconsumeInput(connection_.get()) == 0) {
    const std::string why = PQerrorMessage(connection_.get());
    if (state_ == State::kAsking) return connectionLost(why);
    drop();
    return heard_.lost();
  }
  if (state_ != State::kAsking) return;
  if (PQflush(connection_.get()) == 0) watch(UV_READABLE);
  readAnswer();
}

void PostgresProbe::readAnswer() {
  while (PQisBusy(connection_.get()) == 0) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQgetResult(connection_.get()), &PQclear);
    if (!answer) {  // it was the last one
      state_ = State::kReady;
      return;
    }
    failover::Facts facts;
    if (PQresultStatus(answer.get()) == PGRES_TUPLES_OK && readFacts(answer.get(), facts)) {
      overdue_.cancel();
      heard_.answered(facts, asked_);
      continue;
    }
    if (PQstatus(connection_.get()) == CONNECTION_BAD)
      return connectionLost(PQresultErrorMessage(answer.get()));
    overdue_.cancel();
    heard_.failed(true, firstLine(PQresultErrorMessage(answer.get())));
  }
}

// ---- time and failure

void PostgresProbe::overdue() {
  const bool connected = state_ == State::kAsking ||
                         (state_ == State::kConnecting && PQstatus(connection_.get()) != CONNECTION_STARTED);
  const std::string why = connected ? "no answer in time" : "no connection in time";
  if (state_ != State::kAsking || ++late_ >= kPatience) return failed(connected, why);
  overdue_.in(timeout_);
  heard_.failed(true, why);
}

void PostgresProbe::connectionLost(const std::string& why) {
  const bool was_connected = state_ == State::kAsking;
  drop();
  if (was_connected && !std::exchange(retried_, true)) return resolve();
  failed(!takesNobody(why), firstLine(why.c_str()));
}

void PostgresProbe::failed(bool reached, std::string why) {
  overdue_.cancel();
  drop();
  heard_.failed(reached, std::move(why));
}

void PostgresProbe::drop() {
  ticket_.cancel();
  unwatch();
  connection_.reset();
  state_ = State::kResting;
}

void PostgresProbe::watch(int events) {
  // While it connects libpq may close its socket and open another, even one of the same number.
  if (state_ == State::kConnecting || !poll_) {
    unwatch();
    watched_ = fcntl(PQsocket(connection_.get()), F_DUPFD_CLOEXEC, 0);
    if (watched_ >= 0) poll_ = net::makePoll(loop_.native(), watched_, this);
  }
  if (!poll_) return failed(false, "the event loop refused its socket");
  uv_poll_start(poll_.get(), events,
                [](uv_poll_t* poll, int, int) { static_cast<PostgresProbe*>(poll->data)->onEvent(); });
}

void PostgresProbe::unwatch() {
  poll_.reset();
  if (watched_ >= 0) ::close(std::exchange(watched_, -1));
}

}  // namespace forebay::probe
