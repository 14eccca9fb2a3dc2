// PostgresPromotion makes one replica the primary: pg_promote(), over a connection of its own, once the
// server there has said that it is the one that is meant. Who owns it buries it in the callback. On the
// control thread.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/net/tick.h"
#include "gateway/probe/postgres_line.h"
#include "gateway/probe/promotion_report.h"

namespace forebay::probe {

class PostgresPromotion final : public net::Mortal {
 public:
  // It must be in recovery, and of that system identifier.
  PostgresPromotion(net::Loop& loop, net::Resolver& resolver, const conf::HostPort& host, const Login& login,
                    uint64_t system_identifier, PromotionDone done);

  void start();

 private:
  enum class State : uint8_t {
    kChecking,   // who is there?
    kChecked,    // it is the one
    kPromoting,  // pg_promote() is under way: whatever happens now, it may succeed
    kOver,
  };

  void ready();
  void take(const PGresult& result);
  bool isTheOne(const PGresult& result) const;
  void overdue();
  void refused(const PGresult& result);
  void lost(const std::string& why);
  void end(PromotionReport report);

  const std::string name_, user_;
  const uint64_t system_identifier_;
  const PromotionDone done_;
  State state_ = State::kChecking;
  PostgresLine line_;
  net::Tick overdue_;
};

}  // namespace forebay::probe
