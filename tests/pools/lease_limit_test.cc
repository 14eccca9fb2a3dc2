#include "pools/lease_limit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

namespace forebay::pools {
namespace {

TEST(LeaseLimit, GivesNoMorePermitsThanItsLimit) {
  LeaseLimit leases(1, 2);
  EXPECT_TRUE(leases.take());
  EXPECT_TRUE(leases.take());
  EXPECT_FALSE(leases.take());
  EXPECT_EQ(leases.used(), 2u) << "a refusal takes nothing";
  leases.giveBack();
  EXPECT_TRUE(leases.take());
}

TEST(LeaseLimit, HasNoPermitsWithALimitOfZero) {
  LeaseLimit leases(1, 0);
  EXPECT_FALSE(leases.take());
}

TEST(LeaseLimit, ObeysANewLimitAtOnce) {
  LeaseLimit leases(1, 1);
  ASSERT_TRUE(leases.take());
  leases.setLimit(2);
  EXPECT_TRUE(leases.take());
  leases.setLimit(1);
  EXPECT_EQ(leases.used(), 2u) << "what is lent stays lent";
  leases.giveBack();
  EXPECT_FALSE(leases.take()) << "and is not lent again";
}

TEST(LeaseLimit, NamesWhoWaitsElsewhere) {
  LeaseLimit leases(3, 1);
  EXPECT_EQ(leases.waiterElsewhere(0), std::nullopt);
  leases.setWaiting(0, 2);
  EXPECT_EQ(leases.waiterElsewhere(0), std::nullopt) << "one's own clients are not elsewhere";
  EXPECT_EQ(leases.waiterElsewhere(1), 0u);
  leases.setWaiting(0, 0);
  EXPECT_EQ(leases.waiterElsewhere(1), std::nullopt);
}

TEST(LeaseLimit, LetsEveryWorkerHaveItsTurn) {
  LeaseLimit leases(4, 1);
  for (uint32_t worker = 0; worker < 4; ++worker) leases.setWaiting(worker, 1);
  for (uint32_t worker = 0; worker < 4; ++worker)
    EXPECT_EQ(leases.waiterElsewhere(worker), (worker + 1) % 4) << "the next one behind who gives";
  EXPECT_EQ(leases.waitingInAll(), 4u);
}

TEST(LeaseLimit, WakesNobodyForAPermitThatIsTaken) {
  LeaseLimit leases(2, 1);
  leases.setWaiting(1, 1);
  ASSERT_TRUE(leases.take());
  EXPECT_EQ(leases.waiterElsewhere(0), std::nullopt);
  leases.giveBack();
  EXPECT_EQ(leases.waiterElsewhere(0), 1u);
}

TEST(LeaseLimit, HasNobodyElsewhereWithOneWorker) {
  LeaseLimit leases(1, 1);
  leases.setWaiting(0, 3);
  EXPECT_EQ(leases.waiterElsewhere(0), std::nullopt);
}

TEST(LeaseLimit, HasAWakePassedOnByAWorkerThatHasNoUseForIt) {
  LeaseLimit leases(4, 2);
  ASSERT_TRUE(leases.take() && leases.take());
  leases.setWaiting(2, 1);
  leases.setWaiting(3, 1);
  leases.giveBack();
  EXPECT_EQ(leases.waiterElsewhere(0), 2u);
  leases.giveBack();
  EXPECT_EQ(leases.waiterElsewhere(1), 2u) << "the same one, which has only one client";
  ASSERT_TRUE(leases.take());
  leases.setWaiting(2, 0);
  EXPECT_EQ(leases.waiterElsewhere(2), 3u);
}

TEST(LeaseLimit, LetsOneOfTwoSeeTheOtherWhenAWaiterAndAPermitMeet) {
  constexpr int kRounds = 20000;
  LeaseLimit leases(2, 1);
  std::barrier line(2);
  bool took = false;
  int missed = 0;
  ASSERT_TRUE(leases.take());
  std::thread waits([&] {
    for (int round = 0; round < kRounds; ++round) {
      line.arrive_and_wait();
      leases.setWaiting(0, 1);
      took = leases.take();
      line.arrive_and_wait();
      leases.setWaiting(0, 0);
    }
  });
  for (int round = 0; round < kRounds; ++round) {
    line.arrive_and_wait();
    leases.giveBack();
    const bool saw = leases.waiterElsewhere(1).has_value();
    line.arrive_and_wait();
    missed += !took && !saw;
    if (!took) missed += !leases.take();  // the next round begins with none free
  }
  waits.join();
  EXPECT_EQ(missed, 0);
}

// A worker with one client that wants a permit many times, and that sleeps until it is woken when there is
// none: as the gateway's workers do, whose mailbox the flag stands for.
class Worker {
 public:
  Worker(LeaseLimit& leases, std::vector<std::unique_ptr<Worker>>& all, uint32_t self)
      : leases_(leases), all_(all), self_(self) {}

  void run(int times) {
    for (int i = 0; i < times; ++i) {
      if (!leases_.take()) await();
      const uint32_t lent = leases_.used();
      EXPECT_GE(lent, 1u);
      EXPECT_LE(lent, leases_.limit());
      if (i % 16 == 0) std::this_thread::yield();  // lets the others meet the permit while it is lent
      giveBack();
    }
  }

 private:
  void await() {
    leases_.setWaiting(self_, 1);
    while (!leases_.take()) {  // looks once more after it has said that it waits
      woken_.wait(false);
      woken_.store(false);
    }
    leases_.setWaiting(self_, 0);
    wakeAnother();
  }
  void giveBack() {
    leases_.giveBack();
    wakeAnother();
  }
  void wakeAnother() {
    if (const auto waiter = leases_.waiterElsewhere(self_)) all_[*waiter]->wake();
  }
  void wake() {
    woken_.store(true);
    woken_.notify_one();
  }

  LeaseLimit& leases_;
  std::vector<std::unique_ptr<Worker>>& all_;
  const uint32_t self_;
  std::atomic<bool> woken_{false};
};

TEST(LeaseLimit, LeavesNoClientWaitingBesideAFreePermit) {  // or this does not end
  constexpr uint32_t kWorkers = 4, kLimit = 2;
  LeaseLimit leases(kWorkers, kLimit);
  std::vector<std::unique_ptr<Worker>> workers;
  for (uint32_t i = 0; i < kWorkers; ++i) workers.push_back(std::make_unique<Worker>(leases, workers, i));
  std::vector<std::thread> threads;
  for (auto& worker : workers) threads.emplace_back([&worker] { worker->run(20000); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(leases.used(), 0u);
  EXPECT_EQ(leases.waitingInAll(), 0u);
}

}  // namespace
}  // namespace forebay::pools
