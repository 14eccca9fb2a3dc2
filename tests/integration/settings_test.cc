// Settings that show in nothing but what they do: each is given a value, and its effect is looked for.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

ForebayConfig withSettings(const TomlTable& settings) {
  ForebayConfig config = appPool(1);
  for (const auto& [key, value] : settings) config.postgres[key] = value;
  return config;
}

// A socket of the gateway's, as the test's own.
class Borrowed {
 public:
  Borrowed(Forebay& forebay, const std::string& fd) {
    const Fd process(static_cast<int>(syscall(SYS_pidfd_open, forebay.process().pid(), 0)));
    fd_ = Fd(static_cast<int>(syscall(SYS_pidfd_getfd, process.get(), std::stoi(fd), 0)));
  }
  bool valid() const { return fd_.get() >= 0; }
  int option(int level, int name) const {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd_.get(), level, name, &value, &size) == 0 ? value : -1;
  }
  // Of a listening socket: how many connections may wait.
  uint32_t backlog() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    return getsockopt(fd_.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_sacked : 0;
  }

 private:
  Fd fd_;
};

// The descriptor of the first row of SHOW FDS with that task and database.
std::string descriptor(const Forebay& forebay, const std::string& task, const std::string& database = "") {
  ConsoleView console(forebay);
  const QueryResult fds = console.connection().exec("show fds");
  for (int row = 0; row < fds.rows(); ++row)
    if (fds.value(row, "task") == task && fds.value(row, "database") == database) return fds.value(row, "fd");
  fail("no " + task + " in SHOW FDS");
}

TEST(Settings, OfTcpReachBothSidesSockets) {
  struct Option {
    const char* setting;
    TomlValue value;
    int level, name, expected;
  };
  const Option options[] = {
      {"tcp_keepcnt", 7, IPPROTO_TCP, TCP_KEEPCNT, 7},
      {"tcp_keepidle", 31, IPPROTO_TCP, TCP_KEEPIDLE, 31},
      {"tcp_keepintvl", 13, IPPROTO_TCP, TCP_KEEPINTVL, 13},
      {"tcp_keepalive", true, SOL_SOCKET, SO_KEEPALIVE, 1},
      {"tcp_user_timeout", 12345, IPPROTO_TCP, TCP_USER_TIMEOUT, 12345},
      {"tcp_socket_buffer", 40000, SOL_SOCKET, SO_SNDBUF, 80000},  // Linux doubles it
  };
  TomlTable settings;
  for (const Option& each : options) settings[each.setting] = each.value;
  Forebay forebay(withSettings(settings));
  Connection client(forebay.conninfo("app"));
  client.run("begin");
  const Borrowed ours(forebay, descriptor(forebay, "client", "app"));
  const Borrowed servers(forebay, descriptor(forebay, "server", "app"));
  if (!ours.valid() || !servers.valid()) GTEST_SKIP() << "another process' sockets cannot be looked at here";
  for (const Option& each : options) {
    EXPECT_EQ(ours.option(each.level, each.name), each.expected) << each.setting << " of the client";
    EXPECT_EQ(servers.option(each.level, each.name), each.expected) << each.setting << " of the server";
  }
  client.run("commit");
}

TEST(Settings, ListenBacklogIsTheListenersOwn) {
  ForebayConfig config = withSettings({});
  config.listen["listen_backlog"] = 37;
  Forebay forebay(config);
  const Borrowed listener(forebay, descriptor(forebay, "pooler"));
  if (!listener.valid()) GTEST_SKIP() << "another process' sockets cannot be looked at here";
  EXPECT_EQ(listener.backlog(), 37u);
}

TEST(Settings, ServerFastCloseEndsASessionWhoseServerIsOutdated) {
  for (const bool fast : {false, true}) {
    const Forebay forebay(withSettings({{"pool_mode", "session"}, {"server_fast_close", fast}}));
    Connection client(forebay.conninfo("app"));
    const std::string before = client.query("select pg_backend_pid()");
    ConsoleView(forebay).connection().run("reconnect app");
    const auto ended = [&] { return !client.exec("select 1").ok(); };
    if (fast) {
      EXPECT_TRUE(eventually(ended));
    } else {
      EXPECT_EQ(client.query("select pg_backend_pid()"), before);
    }
  }
}

TEST(Settings, LoginNotifyMessageIsANoticeAtTheLogin) {
  const Forebay forebay(withSettings({{"login_notify_message", "maintenance at noon"}}));
  RawClient client(forebay.port());
  client.send(wire::startup({{"user", "postgres"}, {"database", "app"}}));
  const std::vector<Message> greeting = client.readUntil('Z');
  const auto notice =
      std::find_if(greeting.begin(), greeting.end(), [](const Message& each) { return each.type == 'N'; });
  ASSERT_NE(notice, greeting.end()) << types(greeting);
  EXPECT_EQ(notice->field('M'), "maintenance at noon");
}

TEST(Settings, LogPoolerErrorsTellsWhatClientsWereRefusedFor) {
  for (const bool logged : {false, true}) {
    ForebayConfig config = withSettings({});
    config.log["log_connections"] = config.log["log_disconnections"] = false;
    config.log["log_pooler_errors"] = logged;
    Forebay forebay(config);
    EXPECT_NE(Connection::tryConnect(forebay.conninfo("nosuch")), "");
    forebay.terminate();
    ASSERT_TRUE(forebay.process().wait(kPatience));  // the log is complete
    EXPECT_EQ(forebay.log().find("database \"nosuch\" does not exist") != std::string::npos, logged);
  }
}

TEST(Settings, LogStatsWritesALineEachStatsPeriod) {
  ForebayConfig config = withSettings({{"stats_period", "50ms"}});
  config.log["log_stats"] = true;
  Forebay forebay(config);
  const auto lines = [&] {
    int count = 0;
    const std::string log = forebay.log();
    for (size_t at = 0; (at = log.find(" stats: ", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  EXPECT_TRUE(eventually([&] { return lines() >= 3; })) << forebay.log();
  config.log["log_stats"] = false;
  forebay.rewrite(config);
  forebay.reload();
  forebay.process().waitForOutput("reloaded: 1 change");
  const int before = lines();
  Connection(forebay.conninfo("app")).run("select pg_sleep(0.3)");
  EXPECT_EQ(lines(), before);
}

TEST(Settings, OfTlsToServersAreWhatTheSessionHas) {
  static PostgresServer server({.tls = true});
  const struct {
    TomlTable settings;
    std::string version, cipher;
  } table[] = {
      {{{"server_tls_protocols", "tlsv1.2"},
        {"server_tls_ciphers", "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384"}},
       "TLSv1.2",
       "AES256-GCM-SHA384"},
      {{{"server_tls_protocols", "tlsv1.2"},
        {"server_tls_ciphers", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256"}},
       "TLSv1.2",
       "AES128-GCM-SHA256"},
      {{{"server_tls_protocols", "tlsv1.3"}, {"server_tls13_ciphers", "TLS_CHACHA20_POLY1305_SHA256"}},
       "TLSv1.3",
       "TLS_CHACHA20_POLY1305_SHA256"},
      {{{"server_tls13_ciphers", "TLS_AES_128_GCM_SHA256"}}, "TLSv1.3", "TLS_AES_128_GCM_SHA256"},
  };
  for (const auto& each : table) {
    ForebayConfig config;
    config.addDatabase("app", server);
    config.postgres["server_tls_sslmode"] = "require";
    for (const auto& [key, value] : each.settings) config.postgres[key] = value;
    const Forebay forebay(config);
    const std::string session = Connection(forebay.conninfo("app"))
                                    .query(
                                        "select version || ' ' || cipher from pg_stat_ssl where pid = "
                                        "pg_backend_pid()");
    EXPECT_TRUE(session.starts_with(each.version)) << session;
    EXPECT_TRUE(session.ends_with(each.cipher)) << session;
  }
}

TEST(Settings, OfDnsBoundHowLongAnAnswerIsKept) {
  ForebayConfig config =
      withSettings({{"dns_max_ttl", 7}, {"dns_nxdomain_ttl", 3}, {"server_login_retry", 1}});
  config.databases["app"]["hosts"] =
      std::vector<std::string>{"localhost:" + std::to_string(sharedPostgres().port())};
  config.addDatabase("lost", sharedPostgres())["hosts"] = std::vector<std::string>{"forebay.invalid:5432"};
  const Forebay forebay(config);
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 1"), "1");
  EXPECT_NE(Connection::tryConnect(forebay.conninfo("lost")), "");
  ConsoleView console(forebay);
  const QueryResult hosts = console.connection().exec("show dns_hosts");
  std::map<std::string, int> left;
  for (int row = 0; row < hosts.rows(); ++row)
    left[hosts.value(row, "hostname")] = std::stoi(hosts.value(row, "ttl"));
  ASSERT_TRUE(left.contains("localhost") && left.contains("forebay.invalid"));
  EXPECT_LE(left["localhost"], 7);
  EXPECT_GE(left["localhost"], 4);
  EXPECT_LE(left["forebay.invalid"], 3);
}

}  // namespace
}  // namespace forebay::rig
