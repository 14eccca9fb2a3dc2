// [failover], [state], and databases whose servers are asked for their roles.
#include <gtest/gtest.h>

#include "tests/conf/loading.h"

namespace forebay::conf {
namespace {

constexpr const char* kDatabase =
    "\n[postgres]\nauth_type = \"trust\"\n[postgres.databases.app]\nhost = \"pg\"\n";

Result<ConfigPtr> loadFailover(const std::string& settings,
                               const std::map<std::string, std::string>& more = {}) {
  World world{.files = more, .environment = {{"PROBE_PASSWORD", "s3cret"}}};
  world.files["forebay.toml"] = "[failover]\n" + settings + kDatabase;
  return world.load();
}

std::string errorOfFailover(const std::string& settings) {
  const Result<ConfigPtr> loaded = loadFailover(settings);
  return loaded ? "" : loaded.error();
}

std::string errorOfDatabase(const std::string& settings) {
  return errorOf("[postgres]\nauth_type = \"trust\"\n[postgres.databases.app]\n" + settings);
}

TEST(FailoverSettings, HaveDefaults) {
  const Result<ConfigPtr> loaded = loadFailover("");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->failover, FailoverSettings{});
  EXPECT_EQ((*loaded)->failover.hold_timeout, seconds(30));
  EXPECT_EQ((*loaded)->state_dir, "");
}

TEST(FailoverSettings, AreRead) {
  const Result<ConfigPtr> loaded = loadFailover(R"(
probe_interval = "2s"
probe_fast_interval = "20ms"
probe_timeout = 0.5
evidence_max_age = "5s"
lone_primary_wait = 0
hold_timeout = "1m"
hold_max_clients = 7
hold_max_bytes = "5GiB"
probe_user = "probe"
probe_password = "${PROBE_PASSWORD}"
probe_dbname = "postgres"
[state]
dir = "/var/lib/forebay"
)");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const FailoverSettings expected{.probe_interval = seconds(2),
                                  .probe_fast_interval = milliseconds(20),
                                  .probe_timeout = milliseconds(500),
                                  .evidence_max_age = seconds(5),
                                  .lone_primary_wait = {},
                                  .hold_timeout = seconds(60),
                                  .hold_max_clients = 7,
                                  .hold_max_bytes = uint64_t{5} << 30,
                                  .probe_user = "probe",
                                  .probe_password = "s3cret",
                                  .probe_password_file = {},
                                  .probe_dbname = "postgres"};
  EXPECT_EQ((*loaded)->failover, expected);
  EXPECT_EQ((*loaded)->state_dir, "/var/lib/forebay");
}

TEST(FailoverSettings, TakeThePasswordFromItsFile) {
  const Result<ConfigPtr> loaded =
      loadFailover("probe_user = 'p'\nprobe_password_file = 'probe.txt'", {{"probe.txt", "s3cret\n"}});
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ((*loaded)->failover.probe_password, "s3cret");
}

TEST(FailoverSettings, AreToldWhereTheyAreWrong) {
  EXPECT_EQ(errorOfFailover("probe_interval = 0"), "forebay.toml:2:18: probe_interval must be above 0");
  EXPECT_EQ(errorOfFailover("probe_fast_interval = 0"),
            "forebay.toml:2:23: probe_fast_interval must be above 0");
  EXPECT_EQ(errorOfFailover("probe_timeout = 0"), "forebay.toml:2:17: probe_timeout must be above 0");
  EXPECT_EQ(errorOfFailover("probe_fast_interval = '2s'"),
            "forebay.toml:2:23: probe_fast_interval is 2s, longer than probe_interval, which is 1s");
  EXPECT_EQ(
      errorOfFailover("evidence_max_age = '1s'"),
      "forebay.toml:2:20: evidence_max_age is 1s, not longer than probe_interval, which is 1s: it would "
      "be too old before the next probe");
  EXPECT_EQ(errorOfFailover("probe_password = 'x'"),
            "forebay.toml:2:18: probe_password needs probe_user, whose password it is");
  EXPECT_EQ(errorOfFailover("probe_user = 'u'\nprobe_password = 'x'\nprobe_password_file = 'f'"),
            "forebay.toml:4:23: probe_password and probe_password_file exclude each other");
  EXPECT_EQ(errorOfFailover("probe_user = 'u'\nprobe_password_file = 'f'"),
            "forebay.toml:3:23: probe_password_file: cannot read f: No such file or directory");
  EXPECT_EQ(errorOfFailover("hold_timout = 5"),
            "forebay.toml:2:1: 'hold_timout' is not a setting of [failover]; did you mean 'hold_timeout'?");
  EXPECT_EQ(errorOf(postgresWith("hold_timeout = 5")),
            "forebay.toml:3:1: 'hold_timeout' belongs in [failover]");
}

TEST(FailoverSettings, AreWrittenSoThatTheyReadBackTheSame) {
  const std::map<std::string, std::string> files = {{"probe.txt", "s3cret\n"}};
  const Result<ConfigPtr> loaded = loadFailover(
      "probe_fast_interval = '20ms'\nhold_max_bytes = 9\nprobe_user = 'p'\n"
      "probe_password_file = 'probe.txt'\n[state]\ndir = 'state'",
      files);
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const std::string effective = effectiveToml(**loaded);
  EXPECT_EQ(effective.find("probe_password ="), std::string::npos) << effective;
  World world{.files = files, .environment = {}};
  world.files["forebay.toml"] = effective;
  const Result<ConfigPtr> again = world.load();
  ASSERT_TRUE(again.ok()) << again.error();
  EXPECT_EQ((*again)->failover, (*loaded)->failover);
  EXPECT_EQ((*again)->state_dir, (*loaded)->state_dir);
}

TEST(FailoverSettings, HideThePassword) {
  const Result<ConfigPtr> loaded = loadFailover("probe_user = 'p'\nprobe_password = 's3cret'");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ(effectiveToml(**loaded).find("s3cret"), std::string::npos);
  EXPECT_NE(effectiveToml(**loaded).find("probe_password = \"********\""), std::string::npos);
}

TEST(FailoverSettings, ChangeByAReload) {
  const Config before;
  Config after;
  after.failover.hold_timeout = seconds(5);
  after.failover.probe_password = "new";
  EXPECT_EQ(describeChanges(before, after), (std::vector<std::string>{"failover.hold_timeout: 30 -> 5",
                                                                      "failover.probe_password: (changed)"}));
  EXPECT_TRUE(checkReloadable(before, after).ok());
}

TEST(StateFolder, IsTakenAtStartOnly) {
  const Config before;
  Config after;
  after.state_dir = "/var/lib/forebay";
  const Status status = checkReloadable(before, after);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error(), "state.dir: '' -> /var/lib/forebay: takes a restart");
}

TEST(SeveralHosts, NeedSomebodyToAskThemForTheirRoles) {
  EXPECT_EQ(
      errorOfDatabase("hosts = ['pg-0', 'pg-1']"),
      "forebay.toml:4:9: database 'app' has several hosts, which are asked which of them is the primary: "
      "set user here or probe_user in [failover], as whom they can be asked, or target_session_attrs = "
      "\"any\" to spread over all of them alike");
  EXPECT_EQ(errorOfDatabase("hosts = ['pg-0', 'pg-1']\nuser = 'u'"), "");
  EXPECT_EQ(errorOfDatabase("hosts = ['pg-0', 'pg-1']\n[failover]\nprobe_user = 'u'"), "");
  EXPECT_EQ(errorOfDatabase("hosts = ['pg-0', 'pg-1']\ntarget_session_attrs = 'any'"), "");
}

TEST(TargetSessionAttrs, NeedSomebodyToAskForRolesAlsoWithOneHost) {
  EXPECT_EQ(errorOfDatabase("host = 'pg'\ntarget_session_attrs = 'standby'"),
            "forebay.toml:5:24: database 'app' has target_session_attrs 'standby', for which its servers are "
            "asked for their roles: set user here or probe_user in [failover], as whom they can be asked, or "
            "target_session_attrs = \"any\"");
  EXPECT_EQ(errorOfDatabase("host = 'pg'\nuser = 'u'\ntarget_session_attrs = 'standby'"), "");
}

TEST(TargetSessionAttrs, HaveLibpqsNames) {
  EXPECT_EQ(errorOfDatabase("host = 'pg'\ntarget_session_attrs = 'master'"),
            "forebay.toml:5:24: target_session_attrs must be any, read-write, read-only, primary, standby or "
            "prefer-standby, not 'master'");
}

TEST(TargetSessionAttrs, OfASettingOverrideThoseOfTheUrl) {
  const Result<ConfigPtr> loaded = loadToml(
      "[postgres.databases.app]\nurl = 'postgres://u:p@a,b/db?target_session_attrs=standby'\n"
      "target_session_attrs = 'read-only'");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ(targetOf(*(*loaded)->findDatabase("app")), TargetSessionAttrs::kReadOnly);
}

}  // namespace
}  // namespace forebay::conf
