#include "pools/shared_pool.h"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>
#include <vector>

#include "pools/pool.h"

namespace forebay::pools {
namespace {

constexpr Instant kStart = Instant(std::chrono::hours(1));

TEST(Budget, HasNoLimitWhenItIsZero) {
  Budget budget;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(budget.take(0));
  EXPECT_EQ(budget.used(), 100u);
}

TEST(Budget, GivesNoMoreThanItsLimitOfTheMoment) {
  Budget budget;
  EXPECT_TRUE(budget.take(2));
  EXPECT_TRUE(budget.take(2));
  EXPECT_FALSE(budget.take(2));
  EXPECT_TRUE(budget.take(3)) << "a raised limit holds at once";
  budget.giveBack();
  EXPECT_FALSE(budget.take(1)) << "as does a lowered one";
}

class SharedPoolTest : public testing::Test {
 protected:
  std::shared_ptr<SharedAccount> shop_ = std::make_shared<SharedAccount>("shop");
  std::shared_ptr<SharedAccount> app_ = std::make_shared<SharedAccount>("app");
  SharedPool pool_{"shop", "app", shop_, app_, 2};
  SharedPool sibling_{"shop", "report", shop_, std::make_shared<SharedAccount>("report"), 2};
};

TEST_F(SharedPoolTest, SaysWhichLimitStandsInTheWay) {
  EXPECT_EQ(pool_.takePermit({.pool = 1}), PermitRefused::kNo);
  EXPECT_EQ(pool_.takePermit({.pool = 1}), PermitRefused::kPool);
  EXPECT_EQ(pool_.takePermit({.pool = 2, .database = 1}), PermitRefused::kDatabase);
  EXPECT_EQ(pool_.takePermit({.pool = 2, .user = 1}), PermitRefused::kUser);
}

TEST_F(SharedPoolTest, HasNoServersWithAPoolSizeOfZero) {
  EXPECT_EQ(pool_.takePermit({.pool = 0}), PermitRefused::kPool);
}

TEST_F(SharedPoolTest, TakesNothingWhenItIsRefused) {
  ASSERT_EQ(pool_.takePermit({.pool = 9}), PermitRefused::kNo);
  ASSERT_EQ(pool_.takePermit({.pool = 9, .database = 1}), PermitRefused::kDatabase);
  ASSERT_EQ(pool_.takePermit({.pool = 9, .user = 1}), PermitRefused::kUser);
  EXPECT_EQ(pool_.servers(), 1u);
  EXPECT_EQ(shop_->servers.used(), 1u);
  EXPECT_EQ(app_->servers.used(), 1u);
  pool_.returnPermit();
  EXPECT_EQ(pool_.servers() + shop_->servers.used() + app_->servers.used(), 0u);
}

TEST_F(SharedPoolTest, SharesTheBudgetOfItsDatabaseWithItsSiblings) {
  const PermitLimits limits{.pool = 5, .database = 1};
  ASSERT_EQ(pool_.takePermit(limits), PermitRefused::kNo);
  EXPECT_EQ(sibling_.takePermit(limits), PermitRefused::kDatabase);
  pool_.returnPermit();
  EXPECT_EQ(sibling_.takePermit(limits), PermitRefused::kNo);
}

TEST_F(SharedPoolTest, YieldsAServerItHasNoUseForToTheSiblingThatWishes) {
  EXPECT_FALSE(shop_->mustYield(pool_, kNever)) << "nobody wishes";
  shop_->wish(sibling_, kStart);
  EXPECT_FALSE(shop_->mustYield(sibling_, kNever)) << "its own wish";
  EXPECT_FALSE(shop_->mustYield(pool_, kStart)) << "it has use for it itself";
  EXPECT_TRUE(shop_->mustYield(pool_, kNever));
  EXPECT_FALSE(shop_->mustYield(pool_, kNever)) << "one server a wish";
}

TEST_F(SharedPoolTest, YieldsABusyServerToASiblingThatStarves) {
  shop_->wish(sibling_, kStart);
  EXPECT_FALSE(shop_->mustYield(pool_, kStart + milliseconds(100)));
  EXPECT_TRUE(shop_->mustYield(pool_, kStart + seconds(5)));
}

// ---- threads

TEST(SharedPoolThreads, NeverExceedALimitAndLoseNoPermit) {
  constexpr uint32_t kThreads = 4, kLimit = 3, kDatabaseLimit = 4, kRounds = 20000;
  const auto shop = std::make_shared<SharedAccount>("shop");
  const auto app = std::make_shared<SharedAccount>("app");
  SharedPool one("shop", "app", shop, app, kThreads), other("shop", "app", shop, app, kThreads);
  std::atomic<bool> exceeded{false};
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      SharedPool& pool = i % 2 ? one : other;
      for (uint32_t round = 0; round < kRounds; ++round) {
        if (pool.takePermit({.pool = kLimit, .database = kDatabaseLimit, .user = 2}) != PermitRefused::kNo)
          continue;
        if (pool.servers() > kLimit || shop->servers.used() > kDatabaseLimit || app->servers.used() > 2)
          exceeded = true;
        pool.returnPermit();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(one.servers() + other.servers() + shop->servers.used() + app->servers.used(), 0u);
}

// Who waits publishes it and looks then; who puts a server down does the same: one of them sees the other.
TEST(SharedPoolThreads, AWaiterOrAnIdleServerSeesTheOther) {
  constexpr int kRounds = 5000;
  SharedPool shared("shop", "app", std::make_shared<SharedAccount>("shop"),
                    std::make_shared<SharedAccount>("app"), 2);
  Pool waits(shared, 0), frees(shared, 1);
  Waiter waiter;
  PooledServer server;
  std::barrier line(2);
  bool waiter_saw = false;
  int missed = 0;
  std::thread other([&] {
    for (int round = 0; round < kRounds; ++round) {
      line.arrive_and_wait();
      waiter_saw = waits.enqueue(waiter, kStart).has_value();
      line.arrive_and_wait();
      waits.leave(waiter);
    }
  });
  for (int round = 0; round < kRounds; ++round) {
    line.arrive_and_wait();
    frees.keep(server, kStart, false);
    const bool server_saw = frees.onIdle().server != nullptr;
    line.arrive_and_wait();
    missed += !waiter_saw && !server_saw;
    if (!server_saw) frees.removeIdle(server);
  }
  other.join();
  EXPECT_EQ(missed, 0);
}

}  // namespace
}  // namespace forebay::pools
