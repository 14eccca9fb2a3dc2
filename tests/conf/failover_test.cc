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

constexpr const char* kManaged = "hosts = ['pg-0', 'pg-1']\nuser = 'u'\n";

TEST(PatroniUrls, AreRead) {
  const Result<ConfigPtr> loaded =
      loadToml(std::string("[postgres]\nauth_type = \"trust\"\n[postgres.databases.app]\n") + kManaged + R"(
patroni = ["http://10.0.0.1:8009", "https://pg-1", "http://[::1]/"]
patroni_user = "gateway"
patroni_password = "s3cret"
patroni_tls_ca_file = "/etc/ca.pem"
)");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const PatroniSettings expected{
      .urls = {{false, {"10.0.0.1", 8009}}, {true, {"pg-1", 8008}}, {false, {"::1", 8008}}},
      .user = "gateway",
      .password = "s3cret",
      .tls_ca_file = "/etc/ca.pem"};
  EXPECT_EQ((*loaded)->findDatabase("app")->patroni, expected);
  const std::string effective = effectiveToml(**loaded);
  EXPECT_EQ(effective.find("s3cret"), std::string::npos);
  EXPECT_NE(effective.find(R"(patroni = ["http://10.0.0.1:8009", "https://pg-1:8008", "http://[::1]:8008"])"),
            std::string::npos)
      << effective;
}

TEST(PatroniUrls, AreToldWhereTheyAreWrong) {
  const auto errorOfManaged = [](const std::string& settings) {
    return errorOfDatabase(kManaged + settings);
  };
  const std::string wanted =
      R"(forebay.toml:6:11: patroni must be a list of URLs such as ["http://pg-0:8008", "https://pg-1:8008"], not )";
  for (const std::string wrong : {"pg-0:8008", "http://", "http://pg-0:0", "http://u:p@pg-0",
                                  "http://pg-0/cluster", "http:///run/patroni", "ftp://pg-0"})
    EXPECT_EQ(errorOfManaged("patroni = ['" + wrong + "']"), wanted + "'" + wrong + "'");
  EXPECT_EQ(errorOfManaged("patroni_user = 'x'"),
            "forebay.toml:6:16: patroni_user needs patroni, whose user it is");
  EXPECT_EQ(errorOfManaged("patroni = ['http://pg-0']\npatroni_password = 'x'"),
            "forebay.toml:7:20: patroni_password needs patroni_user, whose password it is");
  EXPECT_EQ(errorOfManaged("patroni = ['http://pg-0']\npatroni_tls_ca_file = 'x'"),
            "forebay.toml:7:23: patroni_tls_ca_file needs a URL in patroni that begins with https://");
  EXPECT_EQ(errorOfManaged("patroni = ['http://pg-0']\npatroni_user = 'u'\npatroni_password = 'x'\n"
                           "patroni_password_file = 'f'"),
            "forebay.toml:9:25: patroni_password and patroni_password_file exclude each other");
  EXPECT_EQ(errorOfManaged("patroni = ['http://pg-0']\npatroni_user = 'u'\npatroni_password_file = 'f'"),
            "forebay.toml:8:25: patroni_password_file: cannot read f: No such file or directory");
  EXPECT_EQ(
      errorOfDatabase("host = 'pg-0'\nuser = 'u'\npatroni = ['http://pg-0']"),
      "forebay.toml:6:11: database 'app' has patroni, but its servers are not asked for their roles: list "
      "all of them in hosts, and leave out target_session_attrs = \"any\"");
}

TEST(Promote, IsReadInBothPlaces) {
  const Result<ConfigPtr> loaded =
      loadToml(std::string("[postgres]\nauth_type = \"trust\"\n[postgres.databases.app]\n") + kManaged +
               "promote = 'never'\n[failover]\npromote = 'auto'\npromote_delay = '5s'\n"
               "fencing_command = 'fence \"$FOREBAY_OLD_PRIMARY\"'\nfencing_timeout = '3s'");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const FailoverSettings& failover = (*loaded)->failover;
  EXPECT_EQ((*loaded)->findDatabase("app")->promote, Promote::kNever);
  EXPECT_EQ(failover.promote, Promote::kAuto);
  EXPECT_EQ(failover.promote_delay, seconds(5));
  EXPECT_EQ(failover.fencing_command, "fence \"$FOREBAY_OLD_PRIMARY\"");
  EXPECT_EQ(failover.fencing_timeout, seconds(3));
  const Result<ConfigPtr> again = loadToml(effectiveToml(**loaded));
  ASSERT_TRUE(again.ok()) << again.error();
  EXPECT_EQ((*again)->failover, failover);
}

TEST(Promote, IsToldWhereItIsWrong) {
  EXPECT_EQ(errorOfFailover("promote = 'yes'"),
            "forebay.toml:2:11: promote must be never or auto, not 'yes'");
  EXPECT_EQ(
      errorOfFailover("promote = 'auto'"),
      "forebay.toml:2:11: promote = \"auto\" needs fencing_command in [failover], which makes sure that "
      "the former primary stays away: without it there may be two");
  EXPECT_EQ(errorOfFailover("fencing_timeout = 0"), "forebay.toml:2:19: fencing_timeout must be above 0");
  const std::string fenced = "\n[failover]\nfencing_command = 'fence'";
  EXPECT_EQ(errorOfDatabase(kManaged + ("promote = 'auto'" + fenced)), "");
  EXPECT_EQ(
      errorOfDatabase(kManaged + ("promote = 'auto'\npatroni = ['http://pg-0']" + fenced)),
      "forebay.toml:6:11: database 'app' has promote = \"auto\", but its patroni promotes: leave one of the "
      "two out");
  EXPECT_EQ(
      errorOfDatabase("host = 'pg-0'\nuser = 'u'\npromote = 'auto'" + fenced),
      "forebay.toml:6:11: database 'app' has promote = \"auto\", but its servers are not asked for their "
      "roles: list all of them in hosts, and leave out target_session_attrs = \"any\"");
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
