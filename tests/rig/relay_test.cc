#include "tests/rig/relay.h"

#include <gtest/gtest.h>

#include "tests/rig/connection.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

RawClient loggedIn(const Relay& relay) {
  RawClient client(relay.port());
  client.login("postgres", "postgres");
  return client;
}

TEST(Relay, PassesEverythingOn) {
  Relay relay(sharedPostgres().port());
  RawClient client = loggedIn(relay);
  const auto rows = client.rows("select repeat('x', 300000) from generate_series(1, 10)");
  ASSERT_EQ(rows.size(), 10u);
  EXPECT_EQ(rows[9][0].size(), 300000u);
  EXPECT_GT(relay.bytesFromTarget(), 3000000u);
  EXPECT_EQ(relay.connections(), 1u);
}

TEST(Relay, HoldsBytesBackWhilePaused) {
  Relay relay(sharedPostgres().port());
  RawClient client = loggedIn(relay);
  relay.pause();
  client.send(wire::query("select 1"));
  EXPECT_TRUE(client.silentFor(milliseconds(50)));
  relay.resume();
  EXPECT_EQ(types(client.readUntil('Z')), "TDCZ");
}

TEST(Relay, HoldsBackOneWayAlone) {
  Relay relay(sharedPostgres().port());
  RawClient client = loggedIn(relay);
  relay.pauseToTarget();
  client.send(wire::query("select 1"));
  EXPECT_TRUE(client.silentFor(milliseconds(50)));
  relay.pauseFromTarget();
  const uint64_t before = relay.bytesToTarget();
  client.send(wire::query("select 2"));
  EXPECT_TRUE(client.silentFor(milliseconds(50)));
  EXPECT_GT(relay.bytesToTarget(), before);
  relay.resume();
  EXPECT_EQ(types(client.readUntil('Z')), "TDCZ");
  EXPECT_EQ(types(client.readUntil('Z')), "TDCZ");
}

TEST(Relay, SlowsDown) {
  Relay relay(sharedPostgres().port());
  RawClient client = loggedIn(relay);
  relay.slowDown(100000);
  const auto begin = std::chrono::steady_clock::now();
  client.query("select repeat('x', 30000)");
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(took, milliseconds(100));  // 30 kB, of which the first 10 kB may come at once
  EXPECT_LT(took, seconds(10));
}

TEST(Relay, SlowsDownNoMoreForWhatWentThroughBefore) {
  Relay relay(sharedPostgres().port());
  RawClient client = loggedIn(relay);
  client.query("select repeat('x', 1000000)");
  relay.slowDown(100000);
  const auto begin = std::chrono::steady_clock::now();
  client.query("select 1");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5)) << "a megabyte would take ten";
}

TEST(Relay, CutsInGoodOrder) {
  Relay relay(sharedPostgres().port());
  RawClient client = loggedIn(relay);
  relay.cut();
  EXPECT_FALSE(client.read());
  EXPECT_EQ(relay.connections(), 0u);
}

TEST(Relay, ResetsInTheMiddleOfAResult) {
  Relay relay(sharedPostgres().port());
  Connection client("host=127.0.0.1 dbname=postgres user=postgres port=" + std::to_string(relay.port()));
  relay.resetAfter(100000);
  EXPECT_FALSE(client.exec("select repeat('x', 1000) from generate_series(1, 10000)").ok());
  EXPECT_TRUE(client.broken());
}

TEST(Relay, RefusesWhileToldTo) {
  Relay relay(sharedPostgres().port());
  const std::string conninfo =
      "host=127.0.0.1 dbname=postgres user=postgres port=" + std::to_string(relay.port());
  relay.refuse(true);
  EXPECT_NE(Connection::tryConnect(conninfo), "");
  relay.refuse(false);
  EXPECT_EQ(Connection::tryConnect(conninfo), "");
  EXPECT_GE(relay.totalConnections(), 2u);
}

TEST(Relay, ClosesWhenTheTargetIsNotThere) {
  Relay relay(freePort());
  RawClient client(relay.port());
  EXPECT_FALSE(client.read());
}

}  // namespace
}  // namespace forebay::rig
