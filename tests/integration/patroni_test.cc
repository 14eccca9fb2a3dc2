// PostgreSQL under Patroni, as most run it: what clients of the gateway notice of a switchover, of a machine
// that goes, and of an etcd that does. Patroni's own lease is 20 seconds, so these take their time.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/patroni.h"
#include "tests/rig/register_clients.h"
#include "tests/rig/skip.h"

namespace forebay::rig {
namespace {

constexpr int kClients = 20;
constexpr uint32_t kSeed = 20261123;

class Patroni : public testing::Test {
 protected:
  Patroni() { RegisterClients::prepare(cluster.conninfo(*cluster.leader()), kClients); }

  ForebayConfig config() const {
    ForebayConfig config;
    config.databases["app"]["hosts"] = cluster.hosts();
    config.databases["app"]["dbname"] = "postgres";
    config.databases["app"]["user"] = "postgres";
    config.postgres["default_pool_size"] = 8;
    config.more = "[failover]\nhold_timeout = \"90s\"\n";  // longer than the lease, on a busy machine too
    return config;
  }

  void expectAllIsWell(const History& history) {
    std::printf("%s\n", history.summary().c_str());
    EXPECT_EQ(violationsOf(history, RegisterClients::journalOf(cluster.conninfo(*cluster.leader()))),
              std::vector<std::string>{});
    EXPECT_EQ(history.errorsNotInFlight(), std::vector<std::string>{});
    EXPECT_EQ(history.errors().count("25006"), 0u);
    EXPECT_GT(history.count(Operation::Kind::kWrite, Outcome::kAcknowledged), 2 * kClients);
  }

  static constexpr milliseconds kOutage = seconds(60);
  PatroniCluster cluster;
};

TEST_F(Patroni, ASwitchoverIsNoticedByWhatWasUnderWayAlone) {
  const Forebay forebay(config());
  RegisterClients clients(forebay.conninfo("app"), kClients, kSeed);
  clients.awaitProgress();
  const size_t former = *cluster.leader();
  clients.disturb([&] { cluster.switchover(); });
  EXPECT_NE(cluster.awaitLeaderOtherThan(former), former);
  clients.awaitProgress();
  cluster.awaitHealthy();  // the former primary is back, as a replica
  clients.disturb([&] { cluster.switchover(); });
  clients.awaitProgress();
  expectAllIsWell(clients.stop());
}

TEST_F(Patroni, AMachineThatGoesLosesNothingThatWasAcknowledged) {
  const Forebay forebay(config());
  RegisterClients clients(forebay.conninfo("app"), kClients, kSeed + 1);
  clients.awaitProgress();
  const size_t former = *cluster.leader();
  clients.disturb([&] { cluster.kill(former); });
  EXPECT_NE(cluster.awaitLeaderOtherThan(former), former);
  clients.awaitProgress(5, kOutage);
  cluster.restart(former);
  cluster.awaitHealthy();
  clients.awaitProgress();
  expectAllIsWell(clients.stop());
}

// Without etcd no primary may go on, since nobody can tell whether another has been elected.
TEST_F(Patroni, ClientsWaitWhileEtcdIsGone) {
  const Forebay forebay(config());
  RegisterClients clients(forebay.conninfo("app"), kClients, kSeed + 2);
  clients.awaitProgress();
  clients.disturb([&] {
    cluster.stopEtcd();
    cluster.awaitNoLeader();
    cluster.startEtcd();
    cluster.awaitHealthy();
  });
  clients.awaitProgress(5, kOutage);
  expectAllIsWell(clients.stop());
}

}  // namespace
}  // namespace forebay::rig

int main(int count, char** arguments) {
  const std::string missing = forebay::rig::PatroniCluster::missing();
  return forebay::rig::runTestsUnless(missing.empty() ? "" : "not installed here: " + missing, count,
                                      arguments);
}
