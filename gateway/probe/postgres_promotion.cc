#include "gateway/probe/postgres_promotion.h"

#include <cstdlib>
#include <utility>

#include "conf/address.h"
#include "pgproto/error.h"

namespace forebay::probe {
namespace {

constexpr seconds kConnectPatience{15};

// The server waits for its own promotion for at most a minute, and then says that it did not see it.
constexpr const char* kPromote = "SELECT pg_catalog.pg_promote(true, 60)";
constexpr seconds kPromotePatience{75};

constexpr const char* kCheck =
    "SELECT pg_catalog.pg_is_in_recovery(), system_identifier FROM pg_catalog.pg_control_system()";

constexpr const char* kWrongState = "55000";  // object_not_in_prerequisite_state
constexpr const char* kLook = "SHOW TOPOLOGY tells who is primary.";

}  // namespace

PostgresPromotion::PostgresPromotion(net::Loop& loop, net::Resolver& resolver, const conf::HostPort& host,
                                     const Login& login, uint64_t system_identifier, PromotionDone done)
    : name_(conf::format(host)),
      user_(login.user),
      system_identifier_(system_identifier),
      done_(std::move(done)),
      line_(loop, resolver, host, login,
            {.ready = [this] { ready(); },
             .result = [this](const PGresult& result) { take(result); },
             .lost = [this](bool, const std::string& why) { lost(why); }}),
      overdue_(loop, [this] { overdue(); }) {}

void PostgresPromotion::start() {
  overdue_.in(kConnectPatience);
  line_.start();
}

void PostgresPromotion::ready() {
  if (state_ == State::kChecking) return line_.ask(kCheck);
  if (state_ != State::kChecked) return;
  state_ = State::kPromoting;
  overdue_.in(kPromotePatience);
  line_.ask(kPromote);
}

void PostgresPromotion::take(const PGresult& result) {
  if (state_ == State::kOver) return;
  if (PQresultStatus(&result) != PGRES_TUPLES_OK) return refused(result);
  if (state_ == State::kChecking) {
    if (isTheOne(result)) {
      state_ = State::kChecked;
      return;
    }
    return end({kWrongState, name_ + " is no replica of this cluster any more",
                "It is a primary, or another server answers there.", kLook});
  }
  const bool promoted = PQntuples(&result) == 1 && std::string_view(PQgetvalue(&result, 0, 0)) == "t";
  if (promoted) return end({"", name_ + " is promoted"});
  end({std::string(pgproto::sqlstate::kTransactionResolutionUnknown),
       name_ + " has not become primary within a minute", "It was told to, and may yet.", kLook});
}

bool PostgresPromotion::isTheOne(const PGresult& result) const {
  return PQntuples(&result) == 1 && std::string_view(PQgetvalue(&result, 0, 0)) == "t" &&
         std::strtoull(PQgetvalue(&result, 0, 1), nullptr, 10) == system_identifier_;
}

// ---- failure

void PostgresPromotion::refused(const PGresult& result) {
  const char* code = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(&result, PG_DIAG_MESSAGE_PRIMARY);
  PromotionReport report{code != nullptr ? code : "XX000", name_ + " refuses to be promoted",
                         message != nullptr ? message : ""};
  if (report.sqlstate == pgproto::sqlstate::kInsufficientPrivilege)
    report.hint = "Let the user that asks do it: GRANT EXECUTE ON FUNCTION pg_catalog.pg_promote TO \"" +
                  user_ + "\", in the database where it asks, or set another probe_user in [failover].";
  end(std::move(report));
}

void PostgresPromotion::overdue() {
  line_.end();
  lost("no answer in time");
}

void PostgresPromotion::lost(const std::string& why) {
  if (state_ != State::kPromoting)
    return end({std::string(pgproto::sqlstate::kConnectionFailure), name_ + " cannot be asked: " + why,
                "Nothing was promoted.", ""});
  end({std::string(pgproto::sqlstate::kTransactionResolutionUnknown),
       "whether " + name_ + " is promoted is not known: " + why, "It was told to.", kLook});
}

void PostgresPromotion::end(PromotionReport report) {
  if (std::exchange(state_, State::kOver) == State::kOver) return;
  overdue_.cancel();
  done_(report);
}

}  // namespace forebay::probe
