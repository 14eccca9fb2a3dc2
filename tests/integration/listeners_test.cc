// The ways in, and the names of the ways out.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

TEST(Listeners, ServeEveryWorkerOverAUnixSocket) {
  ForebayConfig config;
  config.listen["workers"] = 3;
  config.addDatabase("app", sharedPostgres());
  config.unix_socket = true;
  const Forebay forebay(config);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(Connection(forebay.unixConninfo("app")).query("select 1"), "1");
}

TEST(Listeners, TakeIpv6) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.listen["postgres"] = std::vector<std::string>{"127.0.0.1:0", "[::1]:0"};
  const Forebay forebay(config);
  const std::string log = forebay.log(), line = "listening: postgres [::1]:";
  const size_t at = log.find(line);
  ASSERT_NE(at, std::string::npos) << log;
  const std::string port = std::to_string(std::stoi(log.substr(at + line.size())));
  EXPECT_EQ(Connection("host=::1 dbname=app user=postgres port=" + port).query("select 1"), "1");
}

TEST(Listeners, RestWhileDescriptorsAreShortAndSayItOnce) {
  ForebayConfig config = appPool(1);
  config.listen["workers"] = 1;
  Forebay forebay(config);
  Connection first(forebay.conninfo("app"));
  first.run("select 1");
  const pid_t gateway = forebay.process().pid();
  rlimit before{}, tight{};
  ASSERT_EQ(prlimit(gateway, RLIMIT_NOFILE, nullptr, &before), 0);
  rlim_t open = 0;
  for (const auto& each : std::filesystem::directory_iterator("/proc/" + std::to_string(gateway) + "/fd"))
    open = std::max<rlim_t>(open, std::stoul(each.path().filename().string()) + 1);
  tight = {open, before.rlim_max};
  ASSERT_EQ(prlimit(gateway, RLIMIT_NOFILE, &tight, nullptr), 0);

  std::vector<RawClient> more;  // the first of them may find a descriptor between others
  for (int i = 0; i < 20; ++i) {
    more.emplace_back(forebay.port());
    more.back().send(wire::startup({{"user", "postgres"}, {"database", "app"}}));
  }
  forebay.process().waitForOutput("cannot accept connections: Too many open files");
  first.run("select pg_sleep(0.5)");  // who is in is served; meanwhile it tries again, several times
  ASSERT_EQ(prlimit(gateway, RLIMIT_NOFILE, &before, nullptr), 0);
  for (RawClient& each : more) EXPECT_EQ(each.readUntil('Z').back().type, 'Z');
  const std::string log = forebay.log();
  EXPECT_EQ(log.find("cannot accept connections"), log.rfind("cannot accept connections")) << log;
}

TEST(Hosts, MayBeNames) {
  ForebayConfig config;
  const std::string port = std::to_string(sharedPostgres().port());
  config.addDatabase("named", sharedPostgres())["hosts"] = std::vector<std::string>{"localhost:" + port};
  const Forebay forebay(config);
  EXPECT_EQ(Connection(forebay.conninfo("named")).query("select 1"), "1");
  Connection console(forebay.consoleConninfo());
  const QueryResult known = console.exec("show dns_hosts");
  ASSERT_EQ(known.rows(), 1);
  EXPECT_EQ(known.value(0, "hostname"), "localhost");
}

}  // namespace
}  // namespace forebay::rig
