// The rig is trusted by every other integration test, so it is tested itself, against PostgreSQL alone.
#include <gtest/gtest.h>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

TEST(TempDir, SweepsAwayWhatAKilledTestLeft) {
  const Finished other = run({.argv = {"sh", "-c", "echo $$"}});
  const TempDir mine;
  const std::filesystem::path left =
      mine.path().parent_path() / ("forebay-test-" + std::to_string(std::stoi(other.output)) + "-killed-x");
  std::filesystem::create_directory(left);
  // The next test program: this one again, with the test below alone.
  runOrFail({.argv = {std::filesystem::read_symlink("/proc/self/exe"),
                      "--gtest_filter=TempDir.IsRemovedWithItsContents"}});
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists(mine.path()));
}

TEST(TempDir, IsRemovedWithItsContents) {
  std::filesystem::path path;
  {
    const TempDir dir;
    path = dir.path();
    dir.write("file", "content");
    EXPECT_EQ(readFile(dir / "file"), "content");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Process, GivesOutputAndStatus) {
  const Finished finished = run({.argv = {"sh", "-c", "echo out; echo err >&2; exit 3"}});
  EXPECT_EQ(finished.output, "out\nerr\n");
  EXPECT_EQ(finished.status, 3);
}

TEST(Process, IsKilledWithItsChildrenByTheDestructor) {
  pid_t grandchild = 0;
  {
    Process process({.argv = {"sh", "-c", "sleep 1000 & echo $! started; wait"}});
    process.waitForOutput("started");
    grandchild = std::stoi(process.output());
    EXPECT_TRUE(isAlive(grandchild));
  }
  const SteadyTime deadline = std::chrono::steady_clock::now() + kPatience;
  while (isAlive(grandchild)) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
}

TEST(Process, SaysWhatItPrintedWhenItEndsTooEarly) {
  Process process({.argv = {"sh", "-c", "echo port is taken; exit 1"}});
  try {
    process.waitForOutput("ready");
    FAIL() << "there was no such line";
  } catch (const RigError& error) {
    EXPECT_NE(std::string(error.what()).find("port is taken"), std::string::npos) << error.what();
  }
}

TEST(PostgresServer, AnswersOverTcpAndUnixSocket) {
  PostgresServer& server = sharedPostgres();
  EXPECT_EQ(Connection(server.conninfo()).query("select 6 * 7"), "42");
  EXPECT_EQ(Connection(server.tcpConninfo()).execParams("select $1::int + 1", {"41"}).value(), "42");
}

TEST(PostgresServer, AsksUsersForTheirPasswords) {
  PostgresServer& server = sharedPostgres();
  server.createUser("with_scram", "open sesame");
  server.createUser("with_md5", "open sesame", PasswordKind::kMd5);
  server.createUser("with_plain", "open sesame", PasswordKind::kPlain);
  for (const char* user : {"with_scram", "with_md5", "with_plain"}) {
    const std::string conninfo = server.tcpConninfo("postgres", user);
    EXPECT_EQ(Connection::tryConnect(conninfo + " password='open sesame'"), "") << user;
    EXPECT_NE(Connection::tryConnect(conninfo + " password=guess"), "") << user;
  }
}

TEST(PostgresServer, OffersTlsWithAVerifiableCertificate) {
  PostgresServer server({.tls = true});
  Connection client(server.tcpConninfo() +
                    " sslmode=verify-ca sslrootcert=" + server.authority().certFile().string());
  EXPECT_EQ(client.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()"), "t");
}

TEST(PostgresServer, ComesBackOnTheSamePortAfterAKill) {
  PostgresServer server;
  server.run("create table kept (n int); insert into kept values (7)");
  Connection client(server.tcpConninfo());
  const uint16_t port = server.port();
  server.stop(Stop::kKill);
  EXPECT_FALSE(client.exec("select 1").ok());
  server.start();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(server.query("select n from kept"), "7");
}

TEST(PostgresServer, FreezesAndThaws) {
  PostgresServer server;
  RawClient client(server.port());
  client.login("postgres", "postgres");
  server.freeze();
  client.send(wire::query("select 1"));
  EXPECT_TRUE(client.silentFor(milliseconds(50)));
  server.thaw();
  EXPECT_EQ(types(client.readUntil('Z')), "TDCZ");
}

TEST(PostgresServer, HasAReplicaThatFollowsAndCanBePromoted) {
  PostgresServer primary;
  const auto replica = PostgresServer::replicaOf(primary);
  primary.run("create table streamed (n int); insert into streamed values (7)");
  primary.waitForReplay(*replica);
  EXPECT_EQ(replica->query("select n from streamed"), "7");
  EXPECT_EQ(replica->query("select pg_is_in_recovery()"), "t");
  replica->promote();
  EXPECT_EQ(replica->query("select pg_is_in_recovery()"), "f");
}

class Rejoins : public testing::TestWithParam<Rejoin> {};

TEST_P(Rejoins, ItsSuccessorWithoutWhatOnlyItHad) {
  const PostgresOptions options{.conf = {"wal_log_hints = on", "full_page_writes = on"}};
  PostgresServer former(options);
  former.run("create table kept (n int)");
  const auto successor = PostgresServer::replicaOf(former, options);
  former.waitForReplay(*successor);
  successor->promote();
  former.run("insert into kept values (1)");
  successor->run("insert into kept values (2)");
  former.stop(Stop::kKill);
  former.rejoin(*successor, GetParam());
  successor->waitForReplay(former);
  EXPECT_EQ(former.query("select string_agg(n::text, ',') from kept"), "2");
  EXPECT_EQ(former.query("select pg_is_in_recovery()"), "t");
}

INSTANTIATE_TEST_SUITE_P(PostgresServer, Rejoins, testing::Values(Rejoin::kRewind, Rejoin::kCopy),
                         [](const auto& each) { return each.index == 0 ? "Rewound" : "AsACopy"; });

TEST(RawClient, LogsInWithEachKindOfPassword) {
  PostgresServer& server = sharedPostgres();
  server.createUser("raw_md5", "secret", PasswordKind::kMd5);
  server.createUser("raw_plain", "secret", PasswordKind::kPlain);
  for (const char* user : {"raw_md5", "raw_plain"}) {
    RawClient client(server.port());
    client.login("postgres", user, {.password = "secret"});
    EXPECT_EQ(client.rows("select current_user"), (std::vector<std::vector<std::string>>{{user}}));
    EXPECT_EQ(client.parameters().at("server_encoding"), "UTF8");
    EXPECT_EQ(client.secret().size(), 4u);
  }
  EXPECT_THROW(RawClient(server.port()).login("postgres", "raw_md5", {.password = "guess"}), RigError);
}

TEST(RawClient, TellsAnOrderlyEndAfterTheLastMessage) {
  RawClient client(sharedPostgres().port());
  client.login("postgres", "postgres");
  client.send(wire::query("select 1/0") + wire::terminate());
  const std::vector<Message> last = client.readToEnd();
  ASSERT_EQ(types(last), "EZ");
  EXPECT_EQ(last[0].field('C'), "22012");
}

TEST(RawClient, SpeaksTheExtendedProtocolThroughTinyBuffers) {
  RawClient client(sharedPostgres().port(), {.receive = 1, .send = 1});
  client.login("postgres", "postgres");
  client.send(wire::parse("s", "select $1 from generate_series(1, 2000)") + wire::describe('S', "s") +
              wire::bind("", "s", {"text"}) + wire::execute("", 2) + wire::execute("") +
              wire::close('S', "s") + wire::sync());
  const std::string seen = types(client.readUntil('Z'));
  EXPECT_EQ(seen.substr(0, 8), "1tT2DDsD");
  EXPECT_EQ(seen.substr(seen.size() - 4), "DC3Z");
}

TEST(Connection, PipelinesAndReportsEachResult) {
  Connection client(sharedPostgres().conninfo());
  client.enterPipeline();
  client.sendParams("select $1", {"a"});
  client.sendParams("select 1/$1::int", {"0"});
  client.sendParams("select $1", {"c"});
  client.sync();
  EXPECT_EQ(client.next()->value(), "a");
  EXPECT_FALSE(client.next());
  EXPECT_EQ(client.next()->sqlstate(), "22012");
  EXPECT_FALSE(client.next());
  EXPECT_EQ(client.next()->status(), PGRES_PIPELINE_ABORTED);
  EXPECT_FALSE(client.next());
  EXPECT_EQ(client.next()->status(), PGRES_PIPELINE_SYNC);
  client.exitPipeline();
}

TEST(Connection, CopiesBothWaysAndCancels) {
  Connection client(sharedPostgres().conninfo());
  client.run("create temp table copied (n int)");
  ASSERT_EQ(client.exec("copy copied from stdin").status(), PGRES_COPY_IN);
  client.copyIn("1\n2\n");
  ASSERT_EQ(client.exec("copy copied to stdout").status(), PGRES_COPY_OUT);
  EXPECT_EQ(client.copyOut(), "1\n2\n");

  const std::string pid = client.query("select pg_backend_pid()");
  client.send("select pg_sleep(60)");
  // A cancel that comes before the query has begun hits nothing.
  ASSERT_TRUE(eventually([&] {
    return sharedPostgres().query("select wait_event from pg_stat_activity where pid = " + pid) == "PgSleep";
  }));
  EXPECT_EQ(client.cancel(), "");
  EXPECT_EQ(client.next()->sqlstate(), "57014");
  EXPECT_FALSE(client.next());
}

TEST(Connection, HearsNotificationsAndNotices) {
  Connection listener(sharedPostgres().conninfo());
  listener.run("listen news");
  sharedPostgres().run("select pg_notify('news', 'hello')");
  const auto heard = listener.waitForNotification();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->payload, "hello");

  listener.run("do $$ begin raise notice 'look here'; end $$");
  const std::vector<std::string> notices = listener.takeNotices();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_NE(notices[0].find("look here"), std::string::npos);
}

}  // namespace
}  // namespace forebay::rig
