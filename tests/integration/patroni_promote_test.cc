// PROMOTE where Patroni manages the servers: it is asked, and it decides.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/integration/console_view.h"
#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/patroni.h"
#include "tests/rig/skip.h"
#include "tests/rig/sockets.h"

namespace forebay::rig {
namespace {

class PatroniPromote : public testing::Test {
 protected:
  ForebayConfig config() const {
    ForebayConfig config;
    TomlTable& app = config.databases["app"];
    app["hosts"] = cluster.hosts();
    app["dbname"] = "postgres";
    app["user"] = "postgres";
    app["patroni"] = cluster.restUrls();
    app["patroni_user"] = PatroniCluster::kUser;
    app["patroni_password"] = PatroniCluster::kPassword;
    config.more = "[failover]\nhold_timeout = \"90s\"\n";  // longer than the lease, on a busy machine too
    return config;
  }

  // What the console says to it.
  QueryResult promote(const Forebay& forebay, size_t member) const {
    Connection console(forebay.consoleConninfo(), seconds(180));
    return console.exec("promote app " + cluster.hosts()[member]);
  }
  std::string detailOf(const QueryResult& answer) const { return answer.errorField(PG_DIAG_MESSAGE_DETAIL); }
  // Who is neither leader nor synchronous.
  size_t third() const { return 3 - *cluster.leader() - *cluster.synchronous(); }

  static bool tellsOf(const Forebay& forebay, const std::string& what) {
    return ConsoleView(forebay).tells(what);
  }

  PatroniCluster cluster;
};

TEST_F(PatroniPromote, IsASwitchoverThatPatroniMakes) {
  const Forebay forebay(config());
  Connection client(forebay.conninfo("app"), seconds(90));
  client.run("create table kept (id int primary key)");
  const size_t former = *cluster.leader(), next = *cluster.synchronous();

  const QueryResult again = promote(forebay, former);
  EXPECT_EQ(again.sqlstate(), "55000");
  EXPECT_NE(again.error().find("is the primary already"), std::string::npos) << again.error();

  const QueryResult lagging = promote(forebay, third());
  EXPECT_EQ(lagging.sqlstate(), "55000");
  EXPECT_EQ(detailOf(lagging), "It answers 412: candidate name does not match with sync_standby");

  const QueryResult done = promote(forebay, next);
  EXPECT_TRUE(done.ok()) << done.error();
  EXPECT_TRUE(tellsOf(forebay, "promoted: Successfully switched over to"));
  EXPECT_EQ(cluster.awaitLeaderOtherThan(former), next);
  client.run("insert into kept values (1)");
  const std::string port = client.query("select inet_server_port()");
  EXPECT_TRUE(cluster.hosts()[next].ends_with(":" + port)) << port;
}

TEST_F(PatroniPromote, IsRefusedWithoutPatronisWord) {
  const size_t next = *cluster.synchronous();
  ForebayConfig alone = config();
  const std::string url = "http://127.0.0.1:" + std::to_string(freePort());
  alone.databases["app"]["patroni"] = std::vector<std::string>{url};
  const Forebay without(alone);
  const QueryResult silent = promote(without, next);
  EXPECT_EQ(silent.sqlstate(), "55000");
  EXPECT_NE(silent.error().find("Patroni does not answer, and nobody else may promote"), std::string::npos)
      << silent.error();
  EXPECT_TRUE(detailOf(silent).starts_with(url + ": ")) << detailOf(silent);
  EXPECT_TRUE(tellsOf(without, "Patroni does not answer: " + url));

  ForebayConfig stranger = config();
  stranger.databases["app"]["patroni_password"] = "wrong";
  const Forebay refused(stranger);
  const QueryResult answer = promote(refused, next);
  EXPECT_EQ(answer.sqlstate(), "55000");
  EXPECT_TRUE(detailOf(answer).starts_with("It answers 401: ")) << detailOf(answer);
  EXPECT_EQ(refused.log().find("wrong"), std::string::npos) << "the password is not for the log";
  EXPECT_EQ(cluster.synchronous(), next) << "nothing was promoted";
}

TEST_F(PatroniPromote, IsAFailoverWhereThereIsNoLeader) {
  const Forebay forebay(config());
  Connection client(forebay.conninfo("app"), seconds(90));
  client.run("create table kept (id int primary key)");
  const size_t former = *cluster.leader(), next = *cluster.synchronous();
  cluster.pause();  // else Patroni would be faster
  cluster.kill(former);
  // Until its lease has run out Patroni takes it for the leader.
  QueryResult done = promote(forebay, next);
  const bool promoted =
      eventually([&] { return done.ok() || (done = promote(forebay, next)).ok(); }, seconds(120));
  EXPECT_TRUE(promoted) << done.error() << "\n" << detailOf(done);
  EXPECT_TRUE(tellsOf(forebay, "promoted: Successfully failed over to"));
  client.run("insert into kept values (1)");
}

}  // namespace
}  // namespace forebay::rig

int main(int count, char** arguments) {
  const std::string missing = forebay::rig::PatroniCluster::missing();
  return forebay::rig::runTestsUnless(missing.empty() ? "" : "not installed here: " + missing, count,
                                      arguments);
}
