// A day at the pool in fake time: workers that each own their clients and servers, letters between them that
// take a while, and clients that want a server again as soon as they have given one back.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>

#include "pools/pool.h"

namespace forebay::pools {
namespace {

constexpr uint32_t kWorkers = 4;
constexpr size_t kClients = 64;
constexpr int kTransactions = 10000;

struct SimulatedClient : Waiter {
  uint32_t worker = 0;
  int transactions = 0;
};

class Simulation {
 public:
  // `share`: how many of the clients each worker has.
  Simulation(std::array<size_t, kWorkers> share, uint32_t pool_size, uint32_t seed)
      : pool_size_(pool_size), random_(seed) {
    for (uint32_t worker = 0; worker < kWorkers; ++worker) {
      pools_.push_back(std::make_unique<Pool>(shared_, worker));
      for (size_t i = 0; i < share[worker]; ++i) {
        clients_.push_back(std::make_unique<SimulatedClient>());
        clients_.back()->worker = worker;
      }
    }
  }

  void run() {
    for (auto& client : clients_) later(thinking(), [this, &client] { request(*client); });
    while (done_ < kTransactions && !agenda_.empty()) {
      const auto next = agenda_.begin();
      now_ = next->first;
      const std::function<void()> work = std::move(next->second);
      agenda_.erase(next);
      work();
      checkNobodyWaitsBesideAnIdleServer();
    }
    ASSERT_EQ(done_, kTransactions) << "everything stands still";
  }

  int least() const {
    int least = kTransactions;
    for (const auto& client : clients_) least = std::min(least, client->transactions);
    return least;
  }
  uint32_t servers() const { return shared_.servers(); }

 private:
  void later(Duration delay, std::function<void()> work) { agenda_.emplace(now_ + delay, std::move(work)); }
  void post(std::function<void()> letter) {
    ++letters_;
    later(microseconds(20 + random_() % 60), [this, letter = std::move(letter)] {
      --letters_;
      letter();
    });
  }
  Duration thinking() { return microseconds(random_() % 100); }
  Pool& pool(uint32_t worker) { return *pools_[worker]; }

  void request(SimulatedClient& client) {
    Pool& own = pool(client.worker);
    if (PooledServer* idle = own.takeIdle(client, {}, now_, false)) return lend(*idle, client);
    if (const auto other = own.enqueue(client, now_))
      return post([this, other = *other, by = client.worker] {
        if (PooledServer* server = pool(other).giveIdle()) handOver(*server, by);
      });
    dial(client.worker);
  }
  void dial(uint32_t worker) {
    if (!pool(worker).wantsServer(dialling_[worker])) return;
    if (shared_.takePermit({.pool = pool_size_}) != PermitRefused::kNo) return;
    ++dialling_[worker];
    later(milliseconds(3), [this, worker] {
      --dialling_[worker];
      servers_.push_back(std::make_unique<PooledServer>());
      free(*servers_.back(), worker);
    });
  }
  void lend(PooledServer& server, SimulatedClient& client) {
    later(microseconds(200 + random_() % 1000), [this, &server, &client] {
      ++client.transactions;
      ++done_;
      later(thinking(), [this, &client] { request(client); });
      free(server, client.worker);
    });
  }
  void free(PooledServer& server, uint32_t worker) {
    Pool& own = pool(worker);
    const Pool::Decision decision = own.onFree();
    switch (decision.next) {
      case Pool::Next::kLend: return lend(server, static_cast<SimulatedClient&>(*decision.waiter));
      case Pool::Next::kHandOver: return handOver(server, decision.worker);
      case Pool::Next::kKeep: break;
    }
    own.keep(server, now_, false);
    const Pool::HandOver late = own.onIdle();
    if (late.server != nullptr) handOver(*late.server, late.worker);
  }
  void handOver(PooledServer& server, uint32_t worker) {
    post([this, &server, worker] { free(server, worker); });
  }

  // Unless a letter is on its way that will change it.
  void checkNobodyWaitsBesideAnIdleServer() {
    if (letters_ > 0) return;
    size_t idle = 0, waiting = 0;
    for (const auto& each : pools_) idle += each->idle(), waiting += each->waiting();
    ASSERT_TRUE(idle == 0 || waiting == 0) << idle << " idle, " << waiting << " waiting";
  }

  SharedPool shared_{"shop", "app", std::make_shared<SharedAccount>("shop"),
                     std::make_shared<SharedAccount>("app"), kWorkers};
  const uint32_t pool_size_;
  std::minstd_rand random_;
  Instant now_ = Instant(std::chrono::hours(1));
  std::multimap<Instant, std::function<void()>> agenda_;
  std::vector<std::unique_ptr<PooledServer>> servers_;
  std::vector<std::unique_ptr<SimulatedClient>> clients_;
  std::vector<std::unique_ptr<Pool>> pools_;
  std::array<uint32_t, kWorkers> dialling_{};
  int letters_ = 0;
  int done_ = 0;
};

void eachHasHalfOfItsFairShare(std::array<size_t, kWorkers> share) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation simulation(share, 3, seed);
    simulation.run();
    EXPECT_GE(simulation.least(), kTransactions / static_cast<int>(kClients) / 2);
    EXPECT_EQ(simulation.servers(), 3u);
  }
}

TEST(PoolSimulation, FewerServersThanWorkersServeAllClientsFairly) {
  eachHasHalfOfItsFairShare({16, 16, 16, 16});
}

TEST(PoolSimulation, ABusyWorkerStarvesNobodyOnAnother) { eachHasHalfOfItsFairShare({61, 1, 1, 1}); }

TEST(PoolSimulation, NobodyWaitsBesideAnIdleServer) {
  for (const uint32_t pool_size : {1u, 20u, 63u, 64u}) Simulation({40, 20, 3, 1}, pool_size, 7).run();
}

}  // namespace
}  // namespace forebay::pools
