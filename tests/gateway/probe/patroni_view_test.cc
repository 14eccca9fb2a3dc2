#include "gateway/probe/patroni_view.h"

#include <gtest/gtest.h>

namespace forebay::probe {
namespace {

// As Patroni 3.0.2 answers.
constexpr const char* kCluster =
    R"({"members": [{"name": "member0", "role": "leader", "state": "running", "api_url":
    "http://10.0.0.1:8008/patroni", "host": "10.0.0.1", "port": 5432, "timeline": 3}, {"name": "member1", "role":
    "sync_standby", "state": "streaming", "api_url": "http://10.0.0.2:8008/patroni", "host": "10.0.0.2", "port":
    5433, "timeline": 3, "lag": 0}, {"name": "member2", "role": "replica", "state": "stopped", "api_url":
    "http://10.0.0.3:8008/patroni", "lag": "unknown"}], "pause": true})";

TEST(ReadPatroniView, FindsTheMembersAndTheirLeader) {
  const Result<PatroniView> view = readPatroniView(kCluster);
  ASSERT_TRUE(view.ok());
  ASSERT_EQ(view->members.size(), 3u);
  ASSERT_NE(view->leader(), nullptr);
  const PatroniMember leader{.name = "member0",
                             .role = "leader",
                             .state = "running",
                             .at = {"10.0.0.1", 5432},
                             .api_url = "http://10.0.0.1:8008/patroni",
                             .timeline = 3};
  EXPECT_EQ(*view->leader(), leader);
  EXPECT_EQ(view->members[1].at, (conf::HostPort{"10.0.0.2", 5433}));
  EXPECT_EQ(view->members[2].at, (conf::HostPort{"", 0})) << "it has not said where it is";
}

TEST(ReadPatroniView, KnowsNoLeaderWhereNobodyMayWrite) {
  for (const char* role : {"replica", "sync_standby", "standby_leader"}) {
    const Result<PatroniView> view =
        readPatroniView(R"({"members": [{"name": "a", "role": ")" + std::string(role) + R"("}]})");
    ASSERT_TRUE(view.ok());
    EXPECT_EQ(view->leader(), nullptr) << role;
  }
}

TEST(ReadPatroniView, TakesNothingThatIsStrange) {
  for (const char* json : {"", "{", "[]", "7", "{}", R"({"members": {}})", R"({"members": [7]})",
                           R"({"members": [{"role": "leader"}]})", R"({"members": [{"name": 7}]})"})
    EXPECT_FALSE(readPatroniView(json).ok()) << json;
}

TEST(ReadPatroniView, LeavesOutNumbersThatAreNone) {
  const Result<PatroniView> view = readPatroniView(
      R"({"members": [{"name": "a", "port": 70000, "timeline": -1, "state": null, "host": 5}]})");
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->members[0],
            (PatroniMember{.name = "a", .role = "", .state = "", .at = {"", 0}, .api_url = ""}));
}

}  // namespace
}  // namespace forebay::probe
