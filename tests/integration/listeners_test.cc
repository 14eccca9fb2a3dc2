// The ways in, and the names of the ways out.
#include <gtest/gtest.h>

#include "tests/integration/console_view.h"

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
