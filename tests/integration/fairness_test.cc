// More clients than servers, on more workers than servers: everyone's turn comes.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <memory>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

ForebayConfig fourWorkers(int pool_size) {
  ForebayConfig config;
  config.listen["workers"] = 4;
  config.addDatabase("app", sharedPostgres());
  config.postgres["default_pool_size"] = pool_size;
  return config;
}

TEST(Fairness, EachOf64ClientsGetsHalfItsShareOf3ServersAtLeast) {
  const Forebay forebay(fourWorkers(3));
  constexpr int kClients = 64, kTransactions = 10'000;
  struct Busy {
    std::unique_ptr<RawClient> client;
    int done = 0;
  };
  std::vector<Busy> all(kClients);
  std::vector<pollfd> polled;
  for (Busy& busy : all) {
    busy.client = std::make_unique<RawClient>(forebay.port());
    busy.client->login("app", "postgres");
    polled.push_back({busy.client->fd(), POLLIN, 0});
  }
  for (Busy& busy : all) busy.client->send(wire::query("select 1"));
  for (int done = 0; done < kTransactions;) {
    ASSERT_GT(poll(polled.data(), polled.size(), static_cast<int>(kPatience.count())), 0);
    for (size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents == 0) continue;
      ASSERT_EQ(types(all[i].client->readUntil('Z')), "TDCZ");
      ++all[i].done, ++done;
      all[i].client->send(wire::query("select 1"));
    }
  }
  for (const Busy& busy : all) EXPECT_GE(busy.done, kTransactions / kClients / 2);
}

TEST(Fairness, NobodyWaitsWhileAServerIdlesOnAnotherWorker) {
  ForebayConfig config = fourWorkers(1);
  config.postgres["query_wait_timeout"] = 5;
  const Forebay forebay(config);
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < 24; ++i) clients.push_back(std::make_unique<Connection>(forebay.conninfo("app")));
  for (int round = 0; round < 20; ++round)
    for (const auto& client : clients) ASSERT_EQ(client->query("select 1"), "1");
}

TEST(Fairness, ServersTakeTheirPreparedStatementsToOtherWorkers) {
  const Forebay forebay(fourWorkers(1));
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(std::make_unique<Connection>(forebay.conninfo("app")));
    ASSERT_TRUE(clients.back()->prepare("s", "select $1::int * " + std::to_string(i % 3)).ok());
  }
  for (int round = 0; round < 5; ++round) {
    for (size_t i = 0; i < clients.size(); ++i)
      EXPECT_EQ(clients[i]->execPrepared("s", {"7"}).value(), std::to_string(7 * (i % 3)));
  }
  // One server has prepared each of the three once, for whichever worker.
  EXPECT_EQ(clients[0]->query("select count(*) from pg_prepared_statements"), "3");
}

TEST(Fairness, ServersTakeTheirTlsToOtherWorkers) {
  PostgresServer server({.tls = true});
  ForebayConfig config = fourWorkers(1);
  config.addDatabase("app", server);
  config.postgres["server_tls_sslmode"] = "require";
  const Forebay forebay(config);
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < 16; ++i) clients.push_back(std::make_unique<Connection>(forebay.conninfo("app")));
  const std::string pid = clients[0]->query("select pg_backend_pid()");
  for (int round = 0; round < 5; ++round) {
    for (const auto& client : clients)
      EXPECT_EQ(client->query("select pid || ' ' || ssl from pg_stat_ssl where pid = pg_backend_pid()"),
                pid + " true");
  }
}

}  // namespace
}  // namespace forebay::rig
