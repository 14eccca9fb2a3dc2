// No secret leaves the process: not in the log, not at the console, not over HTTP, not in an error.
#include <gtest/gtest.h>

#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

TEST(Secrets, AppearNowhere) {
  PostgresServer& postgres = sharedPostgres();
  postgres.createUser("ann", "secret-of-ann");
  postgres.createUser("owner", "secret-of-owner");
  const std::string stored = postgres.query("select rolpassword from pg_authid where rolname = 'ann'");

  ForebayConfig config;
  config.addDatabase("app", postgres)["user"] = "owner";
  config.databases["app"]["password"] = "secret-of-owner";
  config.addDatabase("own", postgres);
  config.addDatabase("broken", postgres)["user"] = "owner";
  config.databases["broken"]["password"] = "secret-that-is-wrong";
  config.postgres["auth_type"] = "plain";
  config.log["level"] = "debug";
  config.log["verbose"] = 3;
  config.userlist = "\"ann\" \"" + stored + "\"\n\"bob\" \"secret-of-bob\"\n\"admin\" \"secret-of-admin\"\n";
  Forebay forebay(config);

  std::string heard;
  const auto login = [&](const std::string& database, const std::string& user, const std::string& password) {
    heard += Connection::tryConnect(forebay.conninfo(database, user, password));
  };
  login("app", "ann", "secret-of-ann");
  login("own", "ann", "secret-of-ann");
  login("own", "bob", "secret-of-bob");  // whom PostgreSQL does not know
  login("broken", "bob", "secret-of-bob");
  login("app", "ann", "secret-guess");
  login("app", "eve", "secret-guess");
  Connection console(forebay.conninfo("forebay", "admin", "secret-of-admin"));
  for (const char* topic : {"pools",          "clients",   "servers",   "stats",  "databases",  "users",
                            "lists",          "config",    "mem",       "state",  "fds",        "sockets",
                            "active_sockets", "dns_hosts", "dns_zones", "peers",  "peer_pools", "version",
                            "help",           "pins",      "prepared",  "totals", "topology",   "events"}) {
    const QueryResult shown = console.exec(std::string("show ") + topic);
    EXPECT_TRUE(shown.ok()) << topic << ": " << shown.error();
    for (int row = 0; row < shown.rows(); ++row)
      for (int column = 0; column < shown.columns(); ++column) heard += shown.value(row, column) + "\n";
    for (const std::string& notice : console.takeNotices()) heard += notice;
  }
  for (const char* path : {"/metrics", "/health", "/api/pools", "/api/topology", "/api/events"})
    heard += forebay.get(path);
  EXPECT_TRUE(console.exec("reload").ok());
  forebay.process().waitForOutput("reload");
  heard += forebay.log();
  EXPECT_NE(heard.find("ann"), std::string::npos);
  EXPECT_EQ(heard.find("secret-"), std::string::npos) << heard.substr(heard.find("secret-") - 200, 400);
  EXPECT_EQ(heard.find(stored.substr(0, 30)), std::string::npos);
  for (const char* part : {"SCRAM-SHA-256$", "md5"})
    EXPECT_EQ(heard.find(std::string(part) + "4096"), std::string::npos);
}

TEST(Secrets, AreNotNamedWhenAFileCannotBeRead) {
  const TempDir dir("secrets");
  const std::filesystem::path list = dir.write("userlist.txt", "\"ann\" \"secret-without-an-end\n");
  const std::filesystem::path toml = dir.write(
      "forebay.toml",
      "[postgres]\nauth_file = \"" + list.string() +
          "\"\n[postgres.databases.app]\nhosts = [\"127.0.0.1:1\"]\npassword = \"secret-1\"\nx = 1\n");
  const Finished checked = run({.argv = {forebayBinary(), "check", "--config", toml}});
  EXPECT_EQ(checked.status, 2);
  EXPECT_EQ(checked.output.find("secret-"), std::string::npos) << checked.output;
}

}  // namespace
}  // namespace forebay::rig
