#include "pools/pool.h"

#include <gtest/gtest.h>

#include <vector>

namespace forebay::pools {
namespace {

using Next = Pool::Next;

constexpr Instant kStart = Instant(std::chrono::hours(1));
constexpr Instant at(int64_t us) { return kStart + microseconds(us); }

class PoolTest : public testing::Test {
 protected:
  void keep(Pool& pool, PooledServer& server) { pool.keep(server, kStart, false); }
  // A client that comes for the first time takes one.
  PooledServer* take(Pool& pool, const ParametersRef& preferred = {}) {
    Waiter newcomer;
    return pool.takeIdle(newcomer, preferred, kStart, false);
  }
  PooledServer* takeAgain(Waiter& waiter, Instant now = kStart, const ParametersRef& preferred = {}) {
    return here_.takeIdle(waiter, preferred, now, false);
  }

  ParameterTable table_;
  SharedPool shared_{"shop", "app", std::make_shared<SharedAccount>("shop"),
                     std::make_shared<SharedAccount>("app"), 3};
  Pool here_{shared_, 0}, there_{shared_, 1}, far_{shared_, 2};
  std::vector<PooledServer> servers_ = std::vector<PooledServer>(10);
  std::vector<Waiter> waiters_ = std::vector<Waiter>(3);
};

// ---- idle servers

TEST_F(PoolTest, HasNoIdleServerAtFirst) { EXPECT_EQ(take(here_), nullptr); }

TEST_F(PoolTest, LendsTheServerThatWasUsedLast) {
  keep(here_, servers_[0]);
  keep(here_, servers_[1]);
  EXPECT_EQ(take(here_), &servers_[1]);
  EXPECT_EQ(take(here_), &servers_[0]);
  EXPECT_EQ(here_.idle(), 0u);
}

TEST_F(PoolTest, LendsInTurnWhenToldTo) {
  for (int i = 0; i < 3; ++i) here_.keep(servers_[i], kStart, true);
  EXPECT_EQ(here_.takeIdle(waiters_[0], {}, kStart, true), &servers_[0]);
  here_.keep(servers_[0], kStart, true);
  EXPECT_EQ(here_.takeIdle(waiters_[0], {}, kStart, true), &servers_[1]);
}

TEST_F(PoolTest, LendsAClientTheServerThatItHadJustNow) {
  keep(here_, servers_[0]);
  EXPECT_EQ(takeAgain(waiters_[0]), &servers_[0]);
  keep(here_, servers_[0]);
  keep(here_, servers_[1]);
  EXPECT_EQ(takeAgain(waiters_[0]), &servers_[0]);
}

TEST_F(PoolTest, LeavesAWarmServerThatAnotherPoolHas) {
  keep(there_, servers_[0]);
  EXPECT_EQ(there_.takeIdle(waiters_[0], {}, kStart, false), &servers_[0]);
  keep(there_, servers_[0]);
  keep(here_, servers_[1]);
  EXPECT_EQ(takeAgain(waiters_[0]), &servers_[1]);
  EXPECT_EQ(there_.idle(), 1u);
}

TEST_F(PoolTest, LendsTheServerThatWasUsedLastOnceItIsCold) {
  keep(here_, servers_[0]);
  takeAgain(waiters_[0]);
  keep(here_, servers_[0]);
  keep(here_, servers_[1]);
  EXPECT_EQ(takeAgain(waiters_[0], kStart + Pool::kWarm), &servers_[1]);
}

TEST_F(PoolTest, PrefersAServerWithTheClientsSettingsToAWarmOne) {
  const ParametersRef utc = table_.intern({{"TimeZone", "UTC"}});
  servers_[1].parameters = utc;
  keep(here_, servers_[0]);
  takeAgain(waiters_[0]);
  keep(here_, servers_[0]);
  keep(here_, servers_[1]);
  EXPECT_EQ(takeAgain(waiters_[0], kStart, utc), &servers_[1]);
}

TEST_F(PoolTest, LeavesAServerToWhoHadItLast) {
  keep(here_, servers_[0]);
  takeAgain(waiters_[0]);
  keep(here_, servers_[0]);
  EXPECT_EQ(takeAgain(waiters_[1]), &servers_[0]) << "the only one";
  keep(here_, servers_[0]);
  keep(here_, servers_[1]);
  EXPECT_EQ(takeAgain(waiters_[0]), &servers_[1]) << "it is not the first client's any more";
}

TEST_F(PoolTest, ForgetsAWarmServerThatIsGone) {
  keep(here_, servers_[0]);
  {
    PooledServer short_lived;
    keep(here_, short_lived);
    EXPECT_EQ(takeAgain(waiters_[0]), &short_lived);
  }
  EXPECT_EQ(takeAgain(waiters_[0]), &servers_[0]);
}

TEST_F(PoolTest, ForgetsAClientThatIsGone) {
  keep(here_, servers_[0]);
  EXPECT_EQ(take(here_), &servers_[0]);
  keep(here_, servers_[0]);
  EXPECT_EQ(takeAgain(waiters_[0]), &servers_[0]);
}

TEST_F(PoolTest, PrefersAServerWithTheClientsSettings) {
  const ParametersRef utc = table_.intern({{"TimeZone", "UTC"}});
  servers_[0].parameters = utc;
  for (int i = 0; i < 3; ++i) keep(here_, servers_[i]);
  EXPECT_EQ(take(here_, utc), &servers_[0]);
  EXPECT_EQ(take(here_, utc), &servers_[2]) << "no other has them: the one used last";
}

TEST_F(PoolTest, LooksForSettingsAmongTheFirstFewOnly) {
  const ParametersRef utc = table_.intern({{"TimeZone", "UTC"}});
  servers_[0].parameters = utc;
  for (int i = 0; i < 9; ++i) keep(here_, servers_[i]);
  EXPECT_EQ(take(here_, utc), &servers_[8]);
}

TEST_F(PoolTest, RemembersSinceWhenAServerIdles) {
  here_.keep(servers_[0], at(5), false);
  EXPECT_EQ(servers_[0].idle_since, at(5));
}

TEST_F(PoolTest, LosesAnIdleServerThatDies) {
  keep(here_, servers_[0]);
  here_.removeIdle(servers_[0]);
  EXPECT_EQ(here_.idle(), 0u);
  EXPECT_EQ(shared_.idleElsewhere(1), shared_.workers());
}

// ---- the queue

TEST_F(PoolTest, ServesTheOldestWaiterFirst) {
  for (int i = 0; i < 3; ++i) here_.enqueue(waiters_[i], at(i));
  for (int i = 0; i < 3; ++i) {
    const Pool::Decision decision = here_.onFree();
    EXPECT_EQ(decision.next, Next::kLend);
    EXPECT_EQ(decision.waiter, &waiters_[i]);
    EXPECT_FALSE(waiters_[i].waiting());
  }
  EXPECT_EQ(here_.onFree().next, Next::kKeep);
}

TEST_F(PoolTest, LetsNoNewcomerPastTheQueue) {
  keep(here_, servers_[0]);
  here_.enqueue(waiters_[0], at(0));
  EXPECT_EQ(take(here_), nullptr);
}

TEST_F(PoolTest, KeepsTheTurnOfAClientThatLostItsServer) {
  here_.enqueue(waiters_[0], at(0));
  here_.enqueue(waiters_[1], at(1));
  ASSERT_EQ(here_.nextWaiter(), &waiters_[0]);
  here_.requeue(waiters_[0]);
  EXPECT_EQ(here_.oldestWaiter(), &waiters_[0]);
  EXPECT_EQ(waiters_[0].waiting_since, at(0));
  EXPECT_EQ(shared_.oldestWaitElsewhere(1).since, at(0));
}

TEST_F(PoolTest, ForgetsAClientThatLeavesTheQueue) {
  here_.enqueue(waiters_[0], at(0));
  here_.enqueue(waiters_[1], at(1));
  here_.leave(waiters_[0]);
  here_.leave(waiters_[0]);
  EXPECT_EQ(here_.waiting(), 1u);
  EXPECT_EQ(shared_.oldestWaitElsewhere(1).since, at(1));
  here_.leave(waiters_[1]);
  EXPECT_EQ(shared_.oldestWaitElsewhere(1).worker, shared_.workers());
  EXPECT_EQ(here_.nextWaiter(), nullptr);
}

TEST_F(PoolTest, DialsOnlyAsManyServersAsClientsWaitFor) {
  EXPECT_FALSE(here_.wantsServer(0));
  here_.enqueue(waiters_[0], at(0));
  here_.enqueue(waiters_[1], at(0));
  EXPECT_TRUE(here_.wantsServer(1));
  EXPECT_FALSE(here_.wantsServer(2));
}

// ---- across workers

TEST_F(PoolTest, AsksAWorkerThatHasAnIdleServer) {
  EXPECT_EQ(here_.enqueue(waiters_[0], at(0)), std::nullopt);
  keep(far_, servers_[0]);
  EXPECT_EQ(here_.enqueue(waiters_[1], at(0)), 2u);
  EXPECT_EQ(far_.giveIdle(), &servers_[0]);
  EXPECT_EQ(far_.giveIdle(), nullptr);
}

TEST_F(PoolTest, HandsOverWhenOnlyOthersWait) {
  there_.enqueue(waiters_[0], at(0));
  const Pool::Decision decision = here_.onFree();
  EXPECT_EQ(decision.next, Next::kHandOver);
  EXPECT_EQ(decision.worker, 1u);
}

TEST_F(PoolTest, HandsOverToTheWorkerWhoseClientWaitsLongest) {
  there_.enqueue(waiters_[0], at(7));
  far_.enqueue(waiters_[1], at(3));
  EXPECT_EQ(here_.onFree().worker, 2u);
}

TEST_F(PoolTest, HandsOverToAClientThatIsClearlyOlderOnly) {
  const int64_t clearly = std::chrono::duration_cast<microseconds>(Pool::kClearlyOlder).count();
  there_.enqueue(waiters_[0], at(0));
  here_.enqueue(waiters_[1], at(clearly));
  EXPECT_EQ(here_.onFree().next, Next::kLend);
  here_.enqueue(waiters_[1], at(clearly + 1));
  EXPECT_EQ(here_.onFree().next, Next::kHandOver);
  EXPECT_TRUE(waiters_[1].waiting());
}

TEST_F(PoolTest, FindsAClientElsewhereThatBeganToWaitMeanwhile) {
  ASSERT_EQ(here_.onFree().next, Next::kKeep);
  there_.enqueue(waiters_[0], at(0));  // it saw no idle server
  keep(here_, servers_[0]);
  const Pool::HandOver late = here_.onIdle();
  EXPECT_EQ(late.server, &servers_[0]);
  EXPECT_EQ(late.worker, 1u);
  EXPECT_EQ(here_.onIdle().server, nullptr) << "it is gone";
}

TEST_F(PoolTest, KeepsItsIdleServersWhenNobodyWaits) {
  keep(here_, servers_[0]);
  EXPECT_EQ(here_.onIdle().server, nullptr);
  EXPECT_EQ(here_.idle(), 1u);
}

}  // namespace
}  // namespace forebay::pools
