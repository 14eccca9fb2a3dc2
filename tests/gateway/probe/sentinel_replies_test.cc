// What Redis 7's Sentinel and Redis itself say, word for word, and what the probes make of it.
#include "gateway/probe/sentinel_replies.h"

#include <gtest/gtest.h>

#include "redisproto/builder.h"

namespace forebay::probe {
namespace {

using conf::HostPort;
using Kind = SentinelReply::Kind;
using Words = std::vector<std::string>;

std::string array(const Words& words) {
  std::string out;
  redisproto::appendArray(out, words.size());
  for (const std::string& each : words) redisproto::appendBulk(out, each);
  return out;
}

std::string arrays(const std::vector<Words>& all) {
  std::string out;
  redisproto::appendArray(out, all.size());
  for (const Words& each : all) out += array(each);
  return out;
}

const Words kMaster = {"name",       "mymaster", "ip",     "10.0.0.1", "port",         "6379",
                       "runid",      "ab12",     "flags",  "master",   "config-epoch", "7",
                       "num-slaves", "2",        "quorum", "2"};

Words withFlags(Words words, const std::string& flags) {
  for (size_t i = 0; i + 1 < words.size(); i += 2)
    if (words[i] == "flags") words[i + 1] = flags;
  return words;
}

TEST(SentinelReplies, TellWhomASentinelNames) {
  const SentinelReply reply = readSentinel({array({"10.0.0.1", "6379"}), array(kMaster)});
  ASSERT_EQ(reply.kind, Kind::kWord);
  EXPECT_EQ(reply.word.primary, (HostPort{"10.0.0.1", 6379}));
  EXPECT_EQ(reply.word.config_epoch, 7u);
  EXPECT_FALSE(reply.word.promoting);
  EXPECT_FALSE(reply.word.troubled);
  EXPECT_FALSE(reply.word.has_lists);
}

TEST(SentinelReplies, TellThatAnotherIsPromotedBeforeTheRecordSaysSo) {
  const SentinelReply reply = readSentinel(
      {array({"10.0.0.2", "6379"}), array(withFlags(kMaster, "master,o_down,failover_in_progress"))});
  EXPECT_TRUE(reply.word.promoting);
  EXPECT_TRUE(reply.word.troubled);
}

TEST(SentinelReplies, TellTroubleFromTheFlags) {
  const auto troubled = [](const std::string& flags) {
    return readSentinel({array({"10.0.0.1", "6379"}), array(withFlags(kMaster, flags))}).word.troubled;
  };
  for (const char* flags : {"s_down,master", "master,o_down", "master,failover_in_progress"})
    EXPECT_TRUE(troubled(flags)) << flags;
  for (const char* flags : {"master", "master,disconnected", ""}) EXPECT_FALSE(troubled(flags)) << flags;
}

TEST(SentinelReplies, TellANameThatIsNotKnownFromARefusal) {
  const std::string unknown = "-ERR No such master with that name\r\n";
  EXPECT_EQ(readSentinel({"*-1\r\n", unknown}).kind, Kind::kUnaware);
  const SentinelReply refused = readSentinel({"-NOAUTH Authentication required.\r\n", "-NOAUTH\r\n"});
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_EQ(refused.error, "NOAUTH Authentication required.");
}

TEST(SentinelReplies, TakeNothingForAnAddressThatIsNone) {
  for (const std::string& wrong : {array({"10.0.0.1"}), array({"10.0.0.1", "0"}), array({"10.0.0.1", "x"}),
                                   array({"", "6379"}), std::string(":1\r\n"), std::string("+OK\r\n")}) {
    const SentinelReply reply = readSentinel({wrong, array(kMaster)});
    EXPECT_EQ(reply.kind, Kind::kRefused) << wrong;
    EXPECT_EQ(reply.error, "its answer is not an address");
  }
}

TEST(SentinelReplies, NameTheOthersThatCanBeReached) {
  const std::string replicas =
      arrays({{"name", "a", "ip", "10.0.0.2", "port", "6379", "flags", "slave"},
              {"name", "b", "ip", "10.0.0.3", "port", "6380", "flags", "s_down,slave"}});
  const std::string sentinels = arrays(
      {{"name", "x", "ip", "10.0.0.8", "port", "26379", "runid", "cd34", "flags", "sentinel"},
       {"name", "y", "ip", "10.0.0.9", "port", "26379", "runid", "ef56", "flags", "sentinel,disconnected"}});
  std::string id;
  redisproto::appendBulk(id, "aa00");
  const SentinelReply reply =
      readSentinel({array({"10.0.0.1", "6379"}), array(kMaster), id, replicas, sentinels});
  EXPECT_TRUE(reply.word.has_lists);
  EXPECT_EQ(reply.word.id, "aa00");
  EXPECT_EQ(reply.word.replicas, (std::vector<HostPort>{{"10.0.0.2", 6379}}));
  ASSERT_EQ(reply.word.sentinels.size(), 1u);
  EXPECT_EQ(reply.word.sentinels[0].host, (HostPort{"10.0.0.8", 26379}));
  EXPECT_EQ(reply.word.sentinels[0].id, "cd34");
}

TEST(SentinelReplies, DoWithoutWhatAUserMayNotAsk) {
  const std::string no = "-NOPERM User x has no permissions to run the 'sentinel|master' command\r\n";
  const SentinelReply reply = readSentinel({array({"10.0.0.1", "6379"}), no, no, no, no});
  EXPECT_EQ(reply.kind, Kind::kWord);
  EXPECT_EQ(reply.word.config_epoch, 0u);
  EXPECT_FALSE(reply.word.has_lists);
}

TEST(SentinelReplies, SurviveBeingCutAnywhere) {
  const std::string whole = arrays({{"name", "a", "ip", "10.0.0.2", "port", "6379", "flags", "slave"}});
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    readSentinel({array({"10.0.0.1", "6379"}), cut, cut, cut, cut});
    readSentinel({cut, cut});
    readHint(cut, "mymaster");
    for (const RoleQuestion each : {RoleQuestion::kRole, RoleQuestion::kHello, RoleQuestion::kInfo})
      EXPECT_EQ(readRole(each, cut), std::nullopt);
  }
}

// ---- hints

std::optional<SentinelHint> hint(const std::string& event, const std::string& text) {
  return readHint(array({"message", event, text}), "mymaster");
}

TEST(SentinelHints, NameTheReplicaThatIsChosen) {
  for (const char* event : {"+selected-slave", "+promoted-slave"}) {
    const auto heard = hint(event, "slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379");
    ASSERT_TRUE(heard) << event;
    EXPECT_EQ(heard->selected, (HostPort{"10.0.0.2", 6379})) << event;
  }
  const auto switched = hint("+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2 6380");
  ASSERT_TRUE(switched);
  EXPECT_EQ(switched->selected, (HostPort{"10.0.0.2", 6380}));
}

TEST(SentinelHints, AreAboutThisNameOnly) {
  EXPECT_TRUE(hint("+odown", "master mymaster 10.0.0.1 6379 #quorum 2/2"));
  EXPECT_FALSE(hint("+odown", "master other 10.0.0.1 6379 #quorum 2/2"));
  EXPECT_FALSE(hint("+selected-slave", "slave 10.0.0.2:6379 10.0.0.2 6379 @ other 10.0.0.1 6379"));
  EXPECT_FALSE(hint("+switch-master", "other 10.0.0.1 6379 10.0.0.2 6380"));
  EXPECT_FALSE(hint("+sdown", "sentinel ab12 10.0.0.8 26379 @ mymaster 10.0.0.1 6379"));
}

TEST(SentinelHints, AreNoConfirmationsAndNothingBroken) {
  EXPECT_FALSE(readHint(array({"subscribe", "+odown", "x"}), "mymaster"));
  EXPECT_FALSE(hint("+switch-master", "mymaster 10.0.0.1"));
  EXPECT_FALSE(hint("+odown", ""));
  EXPECT_FALSE(readHint("+PONG\r\n", "mymaster"));
}

// ---- roles

TEST(Roles, AreToldByROLE) {
  const auto primary = readRole(RoleQuestion::kRole, "*3\r\n$6\r\nmaster\r\n:3129659\r\n*0\r\n");
  ASSERT_TRUE(primary);
  EXPECT_TRUE(primary->primary);
  EXPECT_EQ(primary->offset, 3129659u);
  const auto replica = readRole(
      RoleQuestion::kRole, "*5\r\n$5\r\nslave\r\n$8\r\n10.0.0.1\r\n:6379\r\n$9\r\nconnected\r\n:3167038\r\n");
  ASSERT_TRUE(replica);
  EXPECT_FALSE(replica->primary);
  EXPECT_TRUE(replica->linked);
  EXPECT_EQ(replica->offset, 3167038u);
  const auto alone = readRole(RoleQuestion::kRole,
                              "*5\r\n$5\r\nslave\r\n$8\r\n10.0.0.1\r\n:6379\r\n$7\r\nconnect\r\n:-1\r\n");
  ASSERT_TRUE(alone);
  EXPECT_FALSE(alone->linked);
  EXPECT_EQ(alone->offset, std::nullopt);
}

TEST(Roles, AreToldByHELLO) {
  const auto of = [](const std::string& role) {
    return readRole(RoleQuestion::kHello, array({"server", "redis", "version", "7.0.15", "role", role}));
  };
  ASSERT_TRUE(of("master"));
  EXPECT_TRUE(of("master")->primary);
  ASSERT_TRUE(of("replica"));
  EXPECT_FALSE(of("replica")->primary);
}

TEST(Roles, AreToldByINFO) {
  const auto of = [](const std::string& text) {
    std::string reply;
    redisproto::appendBulk(reply, text);
    return readRole(RoleQuestion::kInfo, reply);
  };
  const auto primary = of("# Replication\r\nrole:master\r\nconnected_slaves:0\r\nmaster_repl_offset:42\r\n");
  ASSERT_TRUE(primary);
  EXPECT_TRUE(primary->primary);
  EXPECT_EQ(primary->offset, 42u);
  EXPECT_EQ(primary->stream, "") << "older than Redis 4";
  const auto replica = of("role:slave\r\nmaster_link_status:down\r\nslave_repl_offset:41\r\n");
  ASSERT_TRUE(replica);
  EXPECT_FALSE(replica->primary);
  EXPECT_FALSE(replica->linked);
  EXPECT_FALSE(replica->syncing);
  EXPECT_EQ(replica->offset, 41u);
  const auto beginner =
      of("role:slave\r\nmaster_link_status:up\r\nmaster_sync_in_progress:1\r\nslave_repl_offset:0\r\n"
         "master_replid:8371445ee47d41c55ef3bd1e2a6fd4d0a1dbeda6\r\n");
  ASSERT_TRUE(beginner);
  EXPECT_TRUE(beginner->linked);
  EXPECT_TRUE(beginner->syncing);
  EXPECT_EQ(beginner->stream, "8371445ee47d41c55ef3bd1e2a6fd4d0a1dbeda6");
}

TEST(Roles, AreNotTakenFromErrorsNorFromASentinel) {
  for (const RoleQuestion each : {RoleQuestion::kRole, RoleQuestion::kHello, RoleQuestion::kInfo})
    EXPECT_EQ(readRole(each, "-NOPERM no\r\n"), std::nullopt);
  EXPECT_EQ(readRole(RoleQuestion::kRole, "*2\r\n$8\r\nsentinel\r\n*1\r\n$8\r\nmymaster\r\n"), std::nullopt);
}

}  // namespace
}  // namespace forebay::probe
