// From connecting to being let in: HELLO, AUTH, RESET, and what a stranger may send.
#include <gtest/gtest.h>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr const char* kWrongPass = "WRONGPASS invalid username-password pair or user is disabled.";
constexpr const char* kNoAuth = "NOAUTH Authentication required.";

RedisServer& guarded() {
  static RedisServer server({.requirepass = "secret"});
  return server;
}

class RedisLogin : public testing::Test {
 protected:
  const Forebay forebay_{mainCache(guarded())};
  RedisConnection connect() const { return RedisConnection(forebay_.redisPort()); }
};

TEST_F(RedisLogin, AuthHasOneOrTwoArguments) {
  RedisConnection one = connect(), two = connect();
  EXPECT_EQ(one.command({"AUTH", "secret"}), resp::simple("OK"));
  EXPECT_EQ(one.command({"PING"}), resp::simple("PONG"));
  EXPECT_EQ(two.command({"AUTH", "default", "secret"}), resp::simple("OK"));
  EXPECT_EQ(two.command({"PING"}), resp::simple("PONG"));
}

TEST(RedisWithoutHello, ServesRESP2AndSaysThatItKnowsNoOther) {
  RedisServer old({.conf = {"rename-command HELLO \"\""}});
  ForebayConfig config;
  config.addCache("main", old)["database"] = 3;
  const Forebay forebay(config);
  for (int i = 0; i < 3; ++i) {
    RedisConnection client(forebay.redisPort());
    EXPECT_EQ(client.command({"SET", "k", "v"}), resp::simple("OK"));
    EXPECT_EQ(client.command({"GET", "k"}), resp::bulk("v"));
    EXPECT_EQ(client.command({"HELLO", "3"}), resp::error("NOPROTO unsupported protocol version"));
    EXPECT_EQ(client.pipeline({{"MULTI"}, {"GET", "k"}, {"EXEC"}}).at(2), resp::array({resp::bulk("v")}));
  }
  EXPECT_EQ(forebay.log().find("connection lost"), std::string::npos) << forebay.log();
}

TEST_F(RedisLogin, AWrongPasswordIsWrongpassAndNeverAHint) {
  RedisConnection client = connect();
  for (const RedisArgs& wrong : std::vector<RedisArgs>{{"AUTH", "wrong"},
                                                       {"AUTH", ""},
                                                       {"AUTH", "secret "},
                                                       {"AUTH", "default", "wrong"},
                                                       {"AUTH", "nobody", "secret"},
                                                       {"HELLO", "3", "AUTH", "default", "wrong"},
                                                       {"HELLO", "2", "AUTH", "nobody", "secret"}})
    EXPECT_EQ(client.command(wrong), resp::error(kWrongPass));
  EXPECT_EQ(client.command({"GET", "k"}), resp::error(kNoAuth));
  EXPECT_EQ(client.command({"AUTH", "secret"}), resp::simple("OK"));
}

// As StackExchange.Redis greets: all at once, and an error among the answers must not shift the others.
TEST_F(RedisLogin, AGreetingInOnePieceIsAnsweredStepByStepAlsoWithAnErrorInIt) {
  RedisConnection client = connect();
  const auto replies = client.pipeline({{"HELLO", "3", "AUTH", "default", "wrong"},
                                        {"AUTH", "secret"},
                                        {"CLIENT", "SETNAME", "two words"},
                                        {"CLIENT", "SETNAME", "one"},
                                        {"CLIENT", "SETINFO", "lib-name", "SE.Redis"},
                                        {"CONFIG", "GET", "databases"},
                                        {"CLIENT", "GETNAME"},
                                        {"PING"}});
  EXPECT_EQ(replies.at(0), resp::error(kWrongPass));
  EXPECT_EQ(replies.at(1), resp::simple("OK"));
  EXPECT_TRUE(replies.at(2).isError());
  EXPECT_EQ(replies.at(3), resp::simple("OK"));
  EXPECT_EQ(replies.at(4), resp::simple("OK"));
  EXPECT_EQ(replies.at(5), resp::bulks({"databases", "16"}))
      << "in RESP2: the login that asked for 3 has failed";
  EXPECT_EQ(replies.at(6), resp::bulk("one"));
  EXPECT_EQ(replies.at(7), resp::simple("PONG"));
}

TEST_F(RedisLogin, BeforeItNothingElseIsDone) {
  RedisConnection client = connect();
  for (const RedisArgs& command : std::vector<RedisArgs>{{"GET", "k"},
                                                         {"PING"},
                                                         {"MULTI"},
                                                         {"SUBSCRIBE", "c"},
                                                         {"CLIENT", "ID"},
                                                         {"CLIENT", "LIST"},
                                                         {"EVAL", "return 1", "0"},
                                                         {"INFO"},
                                                         {"BLPOP", "k", "0"},
                                                         {"NOSUCH"}})
    EXPECT_EQ(client.command(command), resp::error(kNoAuth)) << command[0];
  EXPECT_TRUE(client.command({"HELLO"}).text.starts_with("NOAUTH HELLO must be called with the client"));
  EXPECT_TRUE(client.command({"HELLO", "3"}).text.starts_with("NOAUTH HELLO must be called with the client"));
  EXPECT_EQ(client.command({"RESET"}), resp::simple("RESET"));
  EXPECT_EQ(client.command({"QUIT"}), resp::simple("OK"));
  EXPECT_TRUE(client.closes());
}

TEST_F(RedisLogin, HelloLogsInAndNamesAndChoosesTheProtocolAtOnce) {
  RedisConnection client = connect();
  const RedisValue hello = client.command({"HELLO", "3", "AUTH", "default", "secret", "SETNAME", "me"});
  EXPECT_EQ(hello.type, RedisType::kMap);
  EXPECT_EQ(hello.at("proto"), resp::integer(3));
  EXPECT_EQ(hello.at("server"), resp::bulk("redis"));
  EXPECT_EQ(hello.at("version"), resp::bulk(guarded().info("redis_version")));
  EXPECT_EQ(hello.at("id"), client.command({"CLIENT", "ID"}));
  EXPECT_EQ(client.text({"CLIENT", "GETNAME"}), "me");
  EXPECT_EQ(client.command({"GET", "none"}), resp::null());
  EXPECT_EQ(client.command({"HELLO", "4"}), resp::error("NOPROTO unsupported protocol version"));
  EXPECT_EQ(client.command({"GET", "none"}), resp::null());
  EXPECT_EQ(client.command({"HELLO", "2"}).type, RedisType::kArray);
  EXPECT_EQ(client.command({"GET", "none"}), resp::nullBulk());
}

TEST(RedisFirstHello, WaitsForTheVersionOfARedisThatWasNotReachedYet) {
  Relay relay(sharedRedis().port());
  relay.refuse(true);
  ForebayConfig config;
  config.addCache("main", relay.port());
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.send(encode({"HELLO", "3"}) + encode({"PING"}));
  EXPECT_TRUE(eventually([&] { return forebay.log().find("cache main") != std::string::npos; }));
  relay.refuse(false);
  EXPECT_EQ(client.receive().at("version"), resp::bulk(sharedRedis().info("redis_version")));
  EXPECT_EQ(client.receive(), resp::simple("PONG"));
}

TEST(RedisFirstHello, IsAnsweredWithoutARedisWhenCommandWaitTimeoutIsOver) {
  Relay relay(sharedRedis().port());
  relay.refuse(true);
  ForebayConfig config;
  config.addCache("main", relay.port());
  config.redis["command_wait_timeout"] = "50ms";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  EXPECT_EQ(client.command({"HELLO", "3"}).at("proto"), resp::integer(3));
  EXPECT_TRUE(client.command({"GET", "k"}).text.starts_with("ERR cache main: no connection to Redis"));
}

TEST_F(RedisLogin, AHelloThatFailsChangesNothing) {
  RedisConnection client = connect();
  EXPECT_EQ(client.command({"HELLO", "3", "AUTH", "default", "wrong", "SETNAME", "me"}),
            resp::error(kWrongPass));
  EXPECT_EQ(client.command({"AUTH", "secret"}), resp::simple("OK"));
  EXPECT_EQ(client.command({"CLIENT", "GETNAME"}), resp::nullBulk());
}

TEST_F(RedisLogin, ResetLogsOut) {
  RedisConnection client = connect();
  client.hello(3, "secret");
  EXPECT_EQ(client.command({"RESET"}), resp::simple("RESET"));
  EXPECT_EQ(client.command({"GET", "k"}), resp::error(kNoAuth));
  EXPECT_EQ(client.command({"AUTH", "secret"}), resp::simple("OK"));
  EXPECT_EQ(client.command({"GET", "none"}), resp::nullBulk());
}

TEST_F(RedisLogin, APipelineMayLogInAndGoOn) {
  RedisConnection client = connect();
  const auto replies = client.pipeline({{"GET", "k"}, {"AUTH", "secret"}, {"SET", "k", "v"}, {"GET", "k"}});
  EXPECT_EQ(replies.at(0), resp::error(kNoAuth));
  EXPECT_EQ(replies.at(1), resp::simple("OK"));
  EXPECT_EQ(replies.at(3), resp::bulk("v"));
}

TEST_F(RedisLogin, AStrangerSendsNoMoreThanTenArgumentsOf16KiB) {
  RedisConnection many = connect(), large = connect(), fair = connect();
  many.send("*11\r\n");
  EXPECT_EQ(many.receive(), resp::error("ERR Protocol error: unauthenticated multibulk length"));
  EXPECT_TRUE(many.closes());
  large.send("*2\r\n$4\r\nAUTH\r\n$16385\r\n");
  EXPECT_EQ(large.receive(), resp::error("ERR Protocol error: unauthenticated bulk length"));
  EXPECT_TRUE(large.closes());
  EXPECT_EQ(fair.command({"AUTH", std::string(16384, 'x')}), resp::error(kWrongPass));
  fair.run({"AUTH", "secret"});
  EXPECT_EQ(fair.command({"SET", "k", std::string(20000, 'x')}), resp::simple("OK"));
}

TEST_F(RedisLogin, AWrongPasswordOfTheGatewayIsRedisOwnError) {
  ForebayConfig config;
  config.addCache("main", guarded())["password"] = "outdated";
  config.redis["command_wait_timeout"] = "1s";
  const Forebay forebay(config);
  RedisConnection client(forebay.redisPort());
  client.run({"AUTH", "outdated"});
  EXPECT_EQ(client.command({"GET", "k"}), resp::error(kWrongPass));
}

TEST(RedisInline, LinesAreParsedAsRedisDoes) {
  const Forebay forebay(mainCache());
  RedisConnection client(forebay.redisPort());
  client.send(
      "SET k \"a\\r\\n\\x00b\"\r\nGET k\n\r\n  get   k  \r\nSET 'it' 'a\\'b'\r\nGET it\r\nMULTI\r\nGET "
      "it\r\nEXEC\r\n");
  EXPECT_EQ(client.receive(), resp::simple("OK"));
  EXPECT_EQ(client.receive(), resp::bulk(std::string("a\r\n\0b", 5)));
  EXPECT_EQ(client.receive(), resp::bulk(std::string("a\r\n\0b", 5)));
  EXPECT_EQ(client.receive(), resp::simple("OK"));
  EXPECT_EQ(client.receive(), resp::bulk("a'b"));
  EXPECT_EQ(client.receive(), resp::simple("OK"));
  EXPECT_EQ(client.receive(), resp::simple("QUEUED"));
  EXPECT_EQ(client.receive(), resp::bulks({"a'b"}));
  client.send("GET \"k\r\n");
  EXPECT_EQ(client.receive(), resp::error("ERR Protocol error: unbalanced quotes in request"));
  EXPECT_TRUE(client.closes());
}

TEST(RedisInline, ABrowserIsClosedWithoutAWord) {
  const Forebay forebay(mainCache());
  RedisConnection post(forebay.redisPort()), host(forebay.redisPort());
  post.send("POST / HTTP/1.1\r\nHost: x\r\n\r\nFLUSHALL\r\n");
  EXPECT_TRUE(post.closes());
  host.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_LE(host.receiveToEnd().size(), 1U) << "at most that GET has two arguments";
}

TEST(RedisQuit, BehindAPipelineWaitsForTheReplies) {
  const Forebay forebay(mainCache());
  RedisConnection client(forebay.redisPort());
  std::string all;
  for (int i = 0; i < 100; ++i) all += encode({"SET", "k", std::to_string(i)}) + encode({"GET", "k"});
  client.send(all + encode({"QUIT"}) + encode({"SET", "k", "never"}));
  const std::vector<RedisValue> replies = client.receiveToEnd();
  ASSERT_EQ(replies.size(), 201U);
  EXPECT_EQ(replies.at(199), resp::bulk("99"));
  EXPECT_EQ(replies.at(200), resp::simple("OK"));
  EXPECT_EQ(sharedRedis().text({"GET", "k"}), "99");
}

}  // namespace
}  // namespace forebay::rig
