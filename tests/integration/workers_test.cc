// Several workers, one pool: what threads could get wrong.
#include <gtest/gtest.h>

#include <memory>

#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

ForebayConfig fourWorkers(int pool_size) {
  ForebayConfig config;
  config.listen["workers"] = 4;
  config.postgres["default_pool_size"] = pool_size;
  config.addDatabase("app", sharedPostgres());
  return config;
}

TEST(Workers, KeepTheLimitOfThePoolTogether) {
  sharedPostgres().run("create database limited");
  ForebayConfig config = fourWorkers(3);
  config.addDatabase("limited", sharedPostgres(), "limited");
  const Forebay forebay(config);
  const TempDir dir;
  const std::string script = dir.write("short_nap.sql", "select pg_sleep(0.001);\n").string();
  const std::string report = runOrFail({.argv = {"pgbench", "-n", "-c", "32", "-j", "2", "-t", "30", "-f",
                                                 script, forebay.conninfo("limited")}},
                                       seconds(120));
  EXPECT_NE(report.find("actually processed: 960/960"), std::string::npos) << report;
  EXPECT_LE(
      std::stoi(sharedPostgres().query("select count(*) from pg_stat_activity where datname = 'limited'")),
      3);
}

TEST(Workers, GiveClientsOfEachTheOnlyServer) {
  const Forebay forebay(fourWorkers(1));
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < 16; ++i) clients.push_back(std::make_unique<Connection>(forebay.conninfo("app")));
  const std::string server = clients[0]->query("select pg_backend_pid()");
  for (int round = 0; round < 5; ++round) {
    for (const auto& client : clients) EXPECT_EQ(client->query("select pg_backend_pid()"), server);
  }
}

TEST(Workers, AnswerTheConsoleAndStopTogether) {
  ForebayConfig config = fourWorkers(2);
  config.postgres["shutdown_timeout"] = 1;  // the goodbyes are spread over it
  Forebay forebay(config);
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(std::make_unique<Connection>(forebay.conninfo("app")));
    clients.back()->run("select 1");
  }
  {
    Connection console(forebay.consoleConninfo());
    const QueryResult shown = console.exec("show clients");
    int app = 0;
    for (int row = 0; row < shown.rows(); ++row) app += shown.value(row, "database") == "app";
    EXPECT_EQ(app, 12);
  }
  forebay.terminate();
  EXPECT_EQ(forebay.process().wait(kPatience), 0) << forebay.log();
}

}  // namespace
}  // namespace forebay::rig
