// Promotions makes replicas of one cluster the primary: when an operator asks for it, by its Patroni where
// there is one; and where nobody else does it, by itself (`promote = "auto"`), once the fencing command has
// succeeded. Never two at once. What is decided is decided in failover/promotion.h.
//
// Whoever asked is answered, also when this object ends. On the control thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/failover.h"
#include "failover/primary_monitor.h"
#include "failover/promotion.h"
#include "gateway/probe/patroni_api.h"
#include "gateway/probe/postgres_promotion.h"
#include "gateway/probe/shell_command.h"

namespace forebay::probe {

class Promotions {
 public:
  struct Told {
    std::function<void(const failover::Event&)> event;
    std::function<void()> hurry;  // ask every server at once
  };

  // `monitor` knows of the servers, and stays.
  Promotions(net::Loop& loop, net::Resolver& resolver, const failover::PrimaryMonitor& monitor, Login login,
             Told told);
  ~Promotions();

  // By an operator's word.
  void promote(size_t node, PromotionDone done);
  void promoteBy(PatroniApi& api, size_t node, std::function<bool(const PatroniMember&)> is_it,
                 PromotionDone done);
  // There is a Patroni from now on, another one, or none: what has not been done yet is not done any more.
  void managerChanged();

  // By its own: to be called after each of the monitor's decisions.
  void consider(Instant now);
  Instant decideBy() const { return promoter_.decideBy(); }
  // `database`: for the fencing command.
  void apply(const conf::FailoverSettings& settings, bool automatic, std::string database);

 private:
  bool begin(size_t node, const PromotionDone& done);
  void afterNewAnswers(std::function<void()> next);
  void check(size_t node);
  void fence(size_t node, size_t former);
  void fenced(size_t node, const Status& status);
  void checkFenced(size_t node);
  void promoteDirectly(size_t node);
  void end(size_t node, const PromotionReport& report);
  std::string nameOf(size_t node) const;

  net::Loop& loop_;
  net::Resolver& resolver_;
  const failover::PrimaryMonitor& monitor_;
  const Login login_;
  const Told told_;
  failover::Promoter promoter_;
  std::string database_, fencing_command_;
  Duration fencing_timeout_{};
  PromotionDone asked_;         // for an answer; empty: nobody has
  bool by_patroni_ = false;     // is what is under way
  size_t node_ = 0;             // which it is about
  std::function<void()> next_;  // once all have answered again; empty: none is waited for
  Instant since_{};
  std::unique_ptr<ShellCommand> fencing_;
  std::unique_ptr<PostgresPromotion> promotion_;
};

}  // namespace forebay::probe
