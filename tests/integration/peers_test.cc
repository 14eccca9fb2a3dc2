// Several gateways behind one address: a CancelRequest reaches the one that its key names, wherever it
// arrives.
#include <gtest/gtest.h>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

ForebayConfig gateway(int peer_id) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.postgres["peer_id"] = peer_id;
  return config;
}

ForebayConfig gatewayBeside(int peer_id, int other_id, uint16_t other_port) {
  ForebayConfig config = gateway(peer_id);
  config.more = "[postgres.peers." + std::to_string(other_id) +
                "]\nhost = \"127.0.0.1\"\nport = " + std::to_string(other_port) + "\n";
  return config;
}

void cancelAt(const Forebay& forebay, const RawClient& client) {
  RawClient canceller(forebay.port());
  canceller.send(wire::cancelRequest(client.pid(), client.secret()));
  EXPECT_TRUE(canceller.readToEnd().empty());
}

bool sleeps(const std::string& mark) {
  return eventually([&] {
    return sharedPostgres().query(
               "select count(*) from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and "
               "query like '%/* " +
               mark + " */'") == "1";
  });
}

TEST(Peers, PassACancelOnToTheGatewayThatItsKeyNames) {
  const Forebay home(gateway(1));
  const Forebay other(gatewayBeside(2, 1, home.port()));
  for (const uint32_t version : {wire::kProtocol30, wire::kProtocol32}) {
    RawClient client(home.port());
    client.login("app", "postgres", {.version = version});
    client.send(wire::query("select pg_sleep(1000) /* peers */"));
    ASSERT_TRUE(sleeps("peers"));
    cancelAt(other, client);
    EXPECT_EQ(client.readUntil('E').back().field('C'), "57014");
    client.readUntil('Z');
  }
}

TEST(Peers, CancelNothingWhenTheKeyNamesAGatewayThatIsNotListed) {
  const Forebay home(gateway(3));
  const Forebay other(gatewayBeside(2, 1, home.port()));
  RawClient client(home.port());
  client.login("app", "postgres");
  client.send(wire::query("select pg_sleep(1000) /* unlisted */"));
  ASSERT_TRUE(sleeps("unlisted"));
  cancelAt(other, client);
  EXPECT_TRUE(sleeps("unlisted"));
  cancelAt(home, client);
  EXPECT_EQ(client.readUntil('E').back().field('C'), "57014");
}

}  // namespace
}  // namespace forebay::rig
