// Users of the gateway's own: what each of them may do is decided before anything is sent.
#include <gtest/gtest.h>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

constexpr const char* kNoKey =
    "NOPERM this user has no permissions to access one of the keys used as arguments";
constexpr const char* kNoChannel =
    "NOPERM this user has no permissions to access one of the channels used as arguments";

std::string noCommand(const std::string& name) {
  return "NOPERM this user has no permissions to run the '" + name + "' command";
}

class RedisAcl : public testing::TestWithParam<int> {
 protected:
  static ForebayConfig config() {
    ForebayConfig config = mainCache();
    config.listen["workers"] = GetParam();
    config.addCacheUser("main", "plain", "p");
    TomlTable& app = config.addCacheUser("main", "app", "a");
    app["keys"] = std::vector<std::string>{"app:*", "%R~shared:*"};
    app["channels"] = std::vector<std::string>{"news:*"};
    TomlTable& reader = config.addCacheUser("main", "reader", "r");
    reader["commands"] = "+@read +ping +multi +exec -@dangerous +config|get";
    return config;
  }
  RedisConnection connect(const std::string& user) const {
    RedisConnection client(forebay_.redisPort());
    client.hello(2, user.substr(0, 1), user);
    return client;
  }
  Forebay forebay_{config()};
};

TEST_P(RedisAcl, NobodyIsLetInWithoutHisPassword) {
  RedisConnection client(forebay_.redisPort());
  EXPECT_EQ(client.command({"GET", "k"}), resp::error("NOAUTH Authentication required."));
  const RedisValue wrong = resp::error("WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(client.command({"AUTH", "p"}), wrong);
  EXPECT_EQ(client.command({"AUTH", "app", "p"}), wrong);
  EXPECT_EQ(client.command({"AUTH", "nobody", "p"}), wrong);
  EXPECT_EQ(client.command({"AUTH", "app", "a"}), resp::simple("OK"));
  EXPECT_EQ(client.command({"ACL", "WHOAMI"}), resp::bulk("app"));
  EXPECT_EQ(client.command({"AUTH", "plain", "p"}), resp::simple("OK"));
  EXPECT_EQ(client.command({"ACL", "WHOAMI"}), resp::bulk("plain"));
  EXPECT_EQ(client.command({"RESET"}), resp::simple("RESET"));
  EXPECT_EQ(client.command({"ACL", "WHOAMI"}), resp::error("NOAUTH Authentication required."));
}

TEST_P(RedisAcl, WithoutRulesAUserMayAllButReachBeyondHisData) {
  RedisConnection client = connect("plain");
  for (const RedisArgs& command : std::vector<RedisArgs>{{"SHUTDOWN"},
                                                         {"DEBUG", "SLEEP", "0"},
                                                         {"REPLICAOF", "NO", "ONE"},
                                                         {"SLAVEOF", "NO", "ONE"},
                                                         {"FAILOVER"},
                                                         {"MIGRATE", "h", "1", "k", "0", "1"},
                                                         {"MODULE", "LIST"},
                                                         {"ACL", "LIST"},
                                                         {"ACL", "SETUSER", "x"},
                                                         {"CONFIG", "SET", "maxmemory", "0"},
                                                         {"SAVE"},
                                                         {"BGSAVE"},
                                                         {"SYNC"},
                                                         {"PSYNC", "?", "-1"},
                                                         {"MONITOR"},
                                                         {"FLUSHALL"},
                                                         {"SWAPDB", "0", "1"},
                                                         {"CLIENT", "KILL", "ID", "1"},
                                                         {"CLIENT", "PAUSE", "1"},
                                                         {"CLIENT", "NO-EVICT", "ON"},
                                                         {"CLUSTER", "RESET"},
                                                         {"CLUSTER", "ADDSLOTS", "1"}}) {
    EXPECT_TRUE(client.command(command).text.starts_with("NOPERM")) << command[0] << " " << command.back();
  }
  for (const RedisArgs& command : std::vector<RedisArgs>{{"SET", "k", "v"},
                                                         {"FLUSHDB"},
                                                         {"CONFIG", "GET", "maxmemory"},
                                                         {"INFO"},
                                                         {"KEYS", "*"},
                                                         {"CLIENT", "LIST"},
                                                         {"EVAL", "return 1", "0"},
                                                         {"ACL", "WHOAMI"},
                                                         {"DBSIZE"},
                                                         {"PUBLISH", "c", "m"},
                                                         {"BLPOP", "none", "0.01"}}) {
    EXPECT_FALSE(client.command(command).isError()) << command[0];
  }
}

TEST_P(RedisAcl, EverybodyMayCloseHimselfAndNobodyElse) {
  RedisConnection other = connect("plain");
  const std::string other_id = std::to_string(other.run({"CLIENT", "ID"}).integer);
  for (const bool id_first : {true, false}) {
    RedisConnection client = connect("plain");
    const std::string own = std::to_string(client.run({"CLIENT", "ID"}).integer);
    const auto kill = [&](const std::vector<std::string>& ids) {
      RedisArgs command{"CLIENT", "KILL"};
      if (!id_first) command.insert(command.end(), {"SKIPME", "no"});
      for (const std::string& id : ids) command.insert(command.end(), {"ID", id});
      if (id_first) command.insert(command.end(), {"SKIPME", "no"});
      return client.command(command);
    };
    EXPECT_EQ(kill({other_id}), resp::error(noCommand("client|kill")));
    EXPECT_EQ(kill({own, other_id}), resp::error(noCommand("client|kill")));
    EXPECT_EQ(kill({}), resp::error(noCommand("client|kill")));
    EXPECT_EQ(kill({own}), resp::integer(1));
    EXPECT_TRUE(client.closes());
  }
  EXPECT_EQ(other.command({"PING"}), resp::simple("PONG"));
}

TEST_P(RedisAcl, KeysAndChannelsOfAUserAreHisOwn) {
  sharedRedis().run({"SET", "shared:1", "s"});
  RedisConnection client = connect("app");
  EXPECT_EQ(client.command({"SET", "app:1", "v"}), resp::simple("OK"));
  EXPECT_EQ(client.command({"SET", "other", "v"}), resp::error(kNoKey));
  EXPECT_EQ(client.command({"GET", "shared:1"}), resp::bulk("s"));
  EXPECT_EQ(client.command({"SET", "shared:1", "v"}), resp::error(kNoKey));
  EXPECT_EQ(client.command({"MGET", "app:1", "other"}), resp::error(kNoKey));
  EXPECT_EQ(client.command({"MSET", "app:1", "1", "other", "2"}), resp::error(kNoKey));
  EXPECT_EQ(client.command({"EVAL", "return 1", "1", "app:1"}), resp::error(noCommand("eval")));
  EXPECT_EQ(client.command({"BLPOP", "app:l", "other", "0"}), resp::error(kNoKey));
  EXPECT_EQ(client.command({"XREAD", "STREAMS", "app:s", "other", "0", "0"}), resp::error(kNoKey));
  EXPECT_EQ(client.command({"WATCH", "other"}), resp::error(kNoKey));
  EXPECT_EQ(client.command({"PUBLISH", "news:1", "m"}), resp::integer(0));
  EXPECT_EQ(client.command({"PUBLISH", "other", "m"}), resp::error(kNoChannel));
  EXPECT_EQ(client.command({"SUBSCRIBE", "other"}), resp::error(kNoChannel));
  EXPECT_EQ(client.command({"PSUBSCRIBE", "news:1*"}), resp::error(kNoChannel));
  EXPECT_EQ(client.command({"PSUBSCRIBE", "news:*"}).at(2), resp::integer(1));
}

TEST_P(RedisAcl, WithoutRulesAUserIsNotToldThePasswordsOfRedis) {
  RedisConnection client = connect("plain");
  for (const char* name : {"requirepass", "*"})
    EXPECT_TRUE(client.command({"CONFIG", "GET", name}).text.starts_with("NOPERM ")) << name;
  EXPECT_EQ(client.run({"MULTI"}), resp::simple("OK"));
  EXPECT_TRUE(client.command({"CONFIG", "GET", "requirepass"}).text.starts_with("NOPERM "));
  EXPECT_TRUE(client.command({"EXEC"}).text.starts_with("EXECABORT "));
}

TEST_P(RedisAcl, ATooShortCommandIsToldSoRatherThanThatItsKeyIsForbidden) {
  RedisConnection client = connect("app");
  EXPECT_EQ(client.command({"GET"}), resp::error("ERR wrong number of arguments for 'get' command"));
  EXPECT_EQ(client.command({"CONFIG", "GET"}),
            resp::error("ERR wrong number of arguments for 'config|get' command"));
}

TEST_P(RedisAcl, CommandsAreAsInRedis) {
  RedisConnection client = connect("reader");
  EXPECT_EQ(client.command({"GET", "none"}), resp::nullBulk());
  EXPECT_EQ(client.command({"SET", "k", "v"}), resp::error(noCommand("set")));
  EXPECT_EQ(client.command({"KEYS", "*"}), resp::error(noCommand("keys")));
  EXPECT_EQ(client.command({"CONFIG", "GET", "maxmemory"}).texts().front(), "maxmemory");
  EXPECT_EQ(client.command({"CONFIG", "SET", "maxmemory", "0"}), resp::error(noCommand("config|set")));
  EXPECT_EQ(client.command({"SUBSCRIBE", "c"}), resp::error(noCommand("subscribe")));
  EXPECT_EQ(client.command({"BLPOP", "k", "0"}), resp::error(noCommand("blpop")));
  EXPECT_EQ(client.command({"SELECT", "1"}), resp::error(noCommand("select")));
  EXPECT_EQ(client.command({"CLIENT", "ID"}), resp::error(noCommand("client|id")));
  EXPECT_EQ(client.command({"NOSUCH", "a"}),
            resp::error("ERR unknown command 'NOSUCH', with args beginning with: 'a' "));
}

TEST_P(RedisAcl, WhatIsRefusedInATransactionAbortsIt) {
  sharedRedis().run({"DEL", "app:n"});
  RedisConnection client = connect("app");
  const auto replies =
      client.pipeline({{"MULTI"}, {"INCR", "app:n"}, {"SET", "other", "v"}, {"FLUSHALL"}, {"EXEC"}});
  EXPECT_EQ(replies.at(1), resp::simple("QUEUED"));
  EXPECT_EQ(replies.at(2), resp::error(kNoKey));
  EXPECT_EQ(replies.at(3), resp::error(noCommand("flushall")));
  EXPECT_EQ(replies.at(4), resp::error("EXECABORT Transaction discarded because of previous errors."));
  EXPECT_EQ(client.command({"GET", "app:n"}), resp::nullBulk());
}

TEST_P(RedisAcl, ALargeRequestIsJudgedBeforeItIsSent) {
  RedisConnection client = connect("app"), reader = connect("reader");
  const std::string large(3'000'000, 'v');
  EXPECT_EQ(client.command({"SET", "other", large}), resp::error(kNoKey));
  EXPECT_EQ(client.command({"SET", "app:large", large}), resp::simple("OK"));
  EXPECT_EQ(reader.command({"SET", "app:large", large}), resp::error(noCommand("set")));
  EXPECT_TRUE(client.command({"GETDEL", "app:large"}) == resp::bulk(large));
}

TEST_P(RedisAcl, AUserThatIsRemovedIsClosedAndChangedRightsCountAtOnce) {
  std::vector<RedisConnection> removed;
  for (int i = 0; i < 4; ++i) removed.push_back(connect("plain"));
  RedisConnection blocked = connect("plain"), app = connect("app");
  blocked.sendCommand({"BLPOP", "none", "0"});
  EXPECT_EQ(app.command({"GET", "app:1"}).isError(), false);
  ForebayConfig changed = config();
  changed.cache_users["main"].erase("plain");
  changed.cache_users["main"]["app"]["keys"] = std::vector<std::string>{"new:*"};
  forebay_.rewrite(changed);
  forebay_.reload();
  for (RedisConnection& client : removed) EXPECT_TRUE(client.closes());
  EXPECT_TRUE(blocked.closes());
  EXPECT_TRUE(eventually([&] { return app.command({"GET", "app:1"}) == resp::error(kNoKey); }));
  EXPECT_FALSE(app.command({"GET", "new:1"}).isError());
  RedisConnection late(forebay_.redisPort());
  EXPECT_TRUE(late.command({"AUTH", "plain", "p"}).text.starts_with("WRONGPASS"));
}

INSTANTIATE_TEST_SUITE_P(Workers, RedisAcl, testing::Values(1, 2),
                         [](const auto& workers) { return std::to_string(workers.param); });

}  // namespace
}  // namespace forebay::rig
