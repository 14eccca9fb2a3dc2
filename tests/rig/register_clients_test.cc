// What clients note of a server that keeps its promises, and of one whose data somebody has meddled with.
#include "tests/rig/register_clients.h"

#include <gtest/gtest.h>

#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr int kClients = 4;

class RegisterClientsTest : public testing::Test {
 protected:
  RegisterClientsTest() { RegisterClients::prepare(server, kClients); }

  PostgresServer server;
};

TEST_F(RegisterClientsTest, FindNothingWrongWithAServerThatIsWell) {
  RegisterClients clients(server.tcpConninfo(), kClients, 1);
  clients.awaitProgress();
  const History history = clients.stop();
  EXPECT_EQ(violationsOf(history, RegisterClients::journalOf(server)), std::vector<std::string>{});
  EXPECT_TRUE(history.errors().empty());
  EXPECT_EQ(history.acknowledgedBy(server.port(), {}),
            history.count(Operation::Kind::kWrite, Outcome::kAcknowledged) +
                history.count(Operation::Kind::kRead, Outcome::kAcknowledged));
}

TEST_F(RegisterClientsTest, FindWhatWasTakenAway) {
  RegisterClients clients(server.tcpConninfo(), kClients, 2);
  clients.awaitProgress();
  const History history = clients.stop();
  server.run("delete from journal where client = 3 and value = 1");
  EXPECT_EQ(violationsOf(history, RegisterClients::journalOf(server)).size(), 1u);
}

TEST_F(RegisterClientsTest, LogInAgainAndSayWhatWasUnderWay) {
  Relay relay(server.port());
  RegisterClients clients("host=127.0.0.1 dbname=postgres user=postgres port=" + std::to_string(relay.port()),
                          kClients, 3);
  clients.awaitProgress();
  clients.disturb([&] { relay.reset(); });
  clients.awaitProgress();
  const History history = clients.stop();
  EXPECT_EQ(violationsOf(history, RegisterClients::journalOf(server)), std::vector<std::string>{});
  EXPECT_EQ(history.errors().size(), 1u) << history.summary();
  EXPECT_EQ(history.errors().count("none"), 1u) << history.summary();
}

TEST_F(RegisterClientsTest, NoticeThatTheirConnectionsEndedWhileNothingWasUnderWay) {
  RegisterClients clients(server.tcpConninfo(), kClients, 4);
  for (int i = 0; i < 5; ++i) {
    clients.awaitProgress();
    clients.disturb([&] {  // most of them rest, most of the time
      server.run(
          "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and "
          "state = 'idle' and backend_type = 'client backend'");
    });
  }
  clients.awaitProgress();
  const History history = clients.stop();
  EXPECT_EQ(violationsOf(history, RegisterClients::journalOf(server)), std::vector<std::string>{});
  EXPECT_GT(history.count(Operation::Kind::kIdle, Outcome::kNotExecuted), 0) << history.summary();
  EXPECT_FALSE(history.errorsNotInFlight().empty());
}

}  // namespace
}  // namespace forebay::rig
