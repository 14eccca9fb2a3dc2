#include "gateway/probe/postgres_probe.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace forebay::probe {
namespace {

// A connection on which so many questions' time has passed is taken for dead, and made anew.
constexpr int kPatience = 3;

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

}  // namespace

PostgresProbe::PostgresProbe(net::Loop& loop, net::Resolver& resolver, conf::HostPort host, Login login,
                             Duration timeout, Heard heard)
    : loop_(loop),
      timeout_(timeout),
      heard_(std::move(heard)),
      line_(loop, resolver, std::move(host), std::move(login),
            {.ready = [this] { ready(); },
             .result = [this](const PGresult& result) { take(result); },
             .lost = [this](bool reached, std::string why) { lineLost(reached, std::move(why)); }}),
      overdue_(loop, [this] { overdue(); }) {}

void PostgresProbe::ask() {
  if (asking()) return;
  asked_ = loop_.now();
  late_ = 0;
  retried_ = false;
  overdue_.in(timeout_);
  if (state_ == State::kReady) return sendQuestion();
  connect();
}

void PostgresProbe::connect() {
  state_ = State::kConnecting;
  line_.start();
}

void PostgresProbe::ready() {
  if (state_ == State::kConnecting) return sendQuestion();
  state_ = State::kReady;
}

void PostgresProbe::sendQuestion() {
  state_ = State::kAsking;
  line_.ask(kQuestion);
}

void PostgresProbe::take(const PGresult& result) {
  overdue_.cancel();
  failover::Facts facts;
  if (PQresultStatus(&result) == PGRES_TUPLES_OK && readFacts(&result, facts))
    return heard_.answered(facts, asked_);
  heard_.failed(true, firstLineOf(PQresultErrorMessage(&result)));
}

// ---- time and failure

void PostgresProbe::overdue() {
  const bool connected = line_.connected();
  const std::string why = connected ? "no answer in time" : "no connection in time";
  if (state_ != State::kAsking || ++late_ >= kPatience) {
    line_.end();
    return failed(connected, why);
  }
  overdue_.in(timeout_);
  heard_.failed(true, why);
}

void PostgresProbe::lineLost(bool reached, std::string why) {
  const State before = std::exchange(state_, State::kResting);
  if (before == State::kReady) return heard_.lost();
  if (before == State::kAsking && !std::exchange(retried_, true)) return connect();
  failed(reached, std::move(why));
}

void PostgresProbe::failed(bool reached, std::string why) {
  overdue_.cancel();
  state_ = State::kResting;
  heard_.failed(reached, std::move(why));
}

}  // namespace forebay::probe
