// Fifty clients write and read through a promotion, each a register of its own, and the history of what they
// were told is held against what the database has: with a primary, two synchronous replicas, and the test in
// the part of the HA manager.
#include <gtest/gtest.h>

#include <cstdio>
#include <sstream>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/register_clients.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr int kClients = 50;
constexpr milliseconds kRest(10);  // so that each of them makes progress on a small machine
constexpr uint32_t kSeed = 20261122;

using Clock = std::chrono::steady_clock;

class PromotionHistory : public testing::Test {
 protected:
  PromotionHistory() {
    for (int i = 0; i < 2; ++i) replicas.push_back(PostgresServer::replicaOf(primary, synchronous()));
    RegisterClients::prepare(primary, kClients);
    primary.run("alter system set synchronous_standby_names = 'ANY 1 (*)'");
    primary.reload();
    for (const auto& each : replicas) primary.waitForReplay(*each);
  }

  // Of a replica it counts once that is promoted.
  static PostgresOptions synchronous() {
    PostgresOptions options;
    options.conf = {"synchronous_standby_names = 'ANY 1 (*)'"};
    return options;
  }

  ForebayConfig config(uint16_t primary_port) const {
    ForebayConfig config;
    std::vector<std::string> hosts{"127.0.0.1:" + std::to_string(primary_port)};
    for (const auto& each : replicas) hosts.push_back("127.0.0.1:" + std::to_string(each->port()));
    config.databases["app"]["hosts"] = hosts;
    config.databases["app"]["dbname"] = "postgres";
    config.databases["app"]["user"] = "postgres";
    config.postgres["default_pool_size"] = 8;
    return config;
  }
  ForebayConfig config() const { return config(primary.port()); }

  // ---- what an HA manager does

  // Every commit that was acknowledged is on one of them, so it is on the one that has most.
  PostgresServer& furthest() {
    const std::string question = "select coalesce(pg_last_wal_receive_lsn(), '0/0') - '0/0'::pg_lsn";
    const auto received = [&](PostgresServer& replica) { return std::stod(replica.query(question)); };
    return received(*replicas[0]) >= received(*replicas[1]) ? *replicas[0] : *replicas[1];
  }
  PostgresServer& otherThan(const PostgresServer& one) {
    return *replicas[replicas[0].get() == &one ? 1 : 0];
  }
  static void follow(PostgresServer& replica, const std::string& primary_conninfo) {
    replica.run("alter system set primary_conninfo = '" + primary_conninfo + "'");
    replica.reload();
  }
  static void followNobody(PostgresServer& replica) {
    follow(replica, "");
    if (!eventually([&] { return replica.query("select count(*) from pg_stat_wal_receiver") == "0"; }))
      fail("the replica follows the old primary still");
  }
  // First both leave the old primary, which may be running: what it writes from then on it cannot
  // acknowledge, and neither of them gets ahead of the one that is chosen.
  PostgresServer& promoteFurthest() {
    for (const auto& each : replicas) followNobody(*each);
    PostgresServer& chosen = furthest();
    chosen.promote();
    promoted = Clock::now();
    follow(otherThan(chosen), chosen.tcpConninfo());
    return chosen;
  }
  static void doWithoutReplica(PostgresServer& server) {
    server.run("alter system set synchronous_standby_names = ''");
    server.reload();
  }

  // ---- what must be true at the end, whatever happened
  static void expectAllIsWell(const History& history, PostgresServer& primary_now) {
    std::printf("%s\n", history.summary().c_str());
    EXPECT_EQ(violationsOf(history, RegisterClients::journalOf(primary_now)), std::vector<std::string>{});
    EXPECT_EQ(history.errorsNotInFlight(), std::vector<std::string>{});
    EXPECT_EQ(history.errors().count("25006"), 0u);
    EXPECT_GT(history.count(Operation::Kind::kWrite, Outcome::kAcknowledged), 2 * kClients);
  }
  // No library writes between the gateway's own lines, which begin with the time.
  static void expectOwnLinesOnly(const std::string& log) {
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) EXPECT_TRUE(line.starts_with("20")) << line;
  }
  // Waits until the gateway says this of a server: "primary, fenced". Returns where it does, in its log.
  static size_t awaitState(Forebay& forebay, uint16_t port, const std::string& state, size_t from = 0) {
    return forebay.process().waitForOutput("127.0.0.1:" + std::to_string(port) + " " + state, from);
  }

  PostgresServer primary;
  std::vector<std::unique_ptr<PostgresServer>> replicas;
  SteadyTime promoted{};  // when
};

TEST_F(PromotionHistory, OfAPrimaryThatIsKilled) {
  Forebay forebay(config());
  RegisterClients clients(forebay.conninfo("app"), kClients, kSeed, kRest);
  clients.awaitProgress();
  clients.disturb([&] { primary.stop(Stop::kKill); });
  PostgresServer& successor = promoteFurthest();
  clients.awaitProgress();
  expectAllIsWell(clients.stop(), successor);
  expectOwnLinesOnly(forebay.log());
}

TEST_F(PromotionHistory, OfTwoPromotionsInARow) {
  Forebay forebay(config());
  RegisterClients clients(forebay.conninfo("app"), kClients, kSeed + 1, kRest);
  clients.awaitProgress();
  clients.disturb([&] { primary.stop(Stop::kKill); });
  PostgresServer& second = promoteFurthest();
  PostgresServer& third = otherThan(second);
  ASSERT_TRUE(eventually([&] {  // until then nothing that the second acknowledges is anywhere else
    return second.query("select count(*) from pg_stat_replication where state = 'streaming'") == "1";
  }));
  clients.awaitProgress();
  clients.disturb([&] { second.stop(Stop::kKill); });
  doWithoutReplica(third);
  third.promote();
  clients.awaitProgress();
  expectAllIsWell(clients.stop(), third);
}

// Thawed, it goes on where it was: a primary with open connections, and with clients that want to write.
TEST_F(PromotionHistory, OfAPrimaryThatIsFrozenAndWakesUpAfterThePromotion) {
  Forebay forebay(config());
  RegisterClients clients(forebay.conninfo("app"), kClients, kSeed + 2, kRest);
  clients.awaitProgress();
  PostgresServer* successor = nullptr;
  clients.disturb([&] {
    primary.freeze();
    successor = &promoteFurthest();
    clients.awaitProgress();
  });
  primary.thaw();
  doWithoutReplica(primary);  // it would acknowledge whatever it is given
  awaitState(forebay, primary.port(), "primary, fenced");
  clients.awaitProgress();
  const History history = clients.stop();
  EXPECT_EQ(history.acknowledgedBy(primary.port(), promoted), 0);
  expectAllIsWell(history, *successor);
}

TEST_F(PromotionHistory, OfAPrimaryThatIsCutOffForAWhileAndStaysPrimary) {
  Relay relay(primary.port());
  Forebay forebay(config(relay.port()));
  RegisterClients clients(forebay.conninfo("app"), kClients, kSeed + 3, kRest);
  clients.awaitProgress();
  size_t said = 0;
  for (const auto cut : {&Relay::pauseToTarget, &Relay::pauseFromTarget}) {
    (relay.*cut)();
    said = awaitState(forebay, relay.port(), "primary, slow", said);
    relay.resume();
    clients.awaitProgress();
  }
  const History history = clients.stop();
  EXPECT_TRUE(history.errors().empty()) << "the answers came late";
  expectAllIsWell(history, primary);
}

class CutOneWay : public PromotionHistory, public testing::WithParamInterface<void (Relay::*)()> {};

// The manager cannot reach the old primary either, which goes on as if nothing had happened.
TEST_P(CutOneWay, OfAPrimaryThatIsCutOffAndReplaced) {
  Relay relay(primary.port());
  Forebay forebay(config(relay.port()));
  RegisterClients clients(forebay.conninfo("app"), kClients, kSeed + 4, kRest);
  clients.awaitProgress();
  PostgresServer* successor = nullptr;
  clients.disturb([&] {
    (relay.*GetParam())();
    successor = &promoteFurthest();
    clients.awaitProgress();
  });
  doWithoutReplica(primary);
  relay.resume();
  awaitState(forebay, relay.port(), "primary, fenced");
  clients.awaitProgress();
  const History history = clients.stop();
  EXPECT_EQ(history.acknowledgedBy(primary.port(), promoted), 0);
  expectAllIsWell(history, *successor);
}

INSTANTIATE_TEST_SUITE_P(PromotionHistory, CutOneWay,
                         testing::Values(&Relay::pauseToTarget, &Relay::pauseFromTarget),
                         [](const auto& each) { return each.index == 0 ? "OnTheWayThere" : "OnTheWayBack"; });

}  // namespace
}  // namespace forebay::rig
