#include "gateway/settings.h"

#include <gtest/gtest.h>

#include <set>

namespace forebay {
namespace {

using conf::SslMode;

class SettingsTest : public testing::Test {
 protected:
  std::set<SslMode> modes() {
    const Result<postgres::SettingsPtr> settings = makeSettings(std::make_shared<conf::Config>(config_));
    EXPECT_TRUE(settings.ok()) << (settings.ok() ? "" : settings.error());
    std::set<SslMode> out;
    if (!settings.ok()) return out;
    for (const auto& [mode, context] : (*settings)->server_tls) out.insert(mode);
    return out;
  }
  std::string refusal() {
    const Result<postgres::SettingsPtr> settings = makeSettings(std::make_shared<conf::Config>(config_));
    return settings.ok() ? "accepted" : settings.error();
  }
  SettingsTest() { config_.postgres.client_tls.sslmode = SslMode::kDisable; }

  conf::Config config_;
};

TEST_F(SettingsTest, NeedNoTlsWhereItIsDisabled) {
  config_.postgres.server_tls.sslmode = SslMode::kDisable;
  EXPECT_EQ(modes(), (std::set<SslMode>{}));
}

TEST_F(SettingsTest, HaveAContextForEveryModeThatADatabaseUses) {
  config_.postgres.server_tls.sslmode = SslMode::kPrefer;
  config_.postgres.databases["a"].server_tls_sslmode = SslMode::kDisable;
  config_.postgres.databases["b"].server_tls_sslmode = SslMode::kRequire;
  EXPECT_EQ(modes(), (std::set<SslMode>{SslMode::kPrefer, SslMode::kRequire}));
}

TEST_F(SettingsTest, HaveWhatAllowFallsBackOn) {
  config_.postgres.server_tls.sslmode = SslMode::kAllow;
  EXPECT_EQ(modes(), (std::set<SslMode>{SslMode::kRequire}));
}

TEST_F(SettingsTest, NameTheFileThatCannotBeRead) {
  config_.postgres.client_tls.sslmode = SslMode::kRequire;
  config_.postgres.client_tls.cert_file = "/no/such.crt";
  config_.postgres.client_tls.key_file = "/no/such.key";
  const std::string of_clients = refusal();
  EXPECT_TRUE(of_clients.starts_with("postgres: client_tls_cert_file ")) << of_clients;
  EXPECT_NE(of_clients.find("/no/such."), std::string::npos) << of_clients;
}

TEST_F(SettingsTest, TellTheServersSideFromTheClients) {
  config_.postgres.server_tls.sslmode = SslMode::kVerifyFull;
  config_.postgres.server_tls.ca_file = "/no/such.ca";
  const std::string of_servers = refusal();
  EXPECT_TRUE(of_servers.starts_with("postgres: server_tls_ca_file ")) << of_servers;
  EXPECT_NE(of_servers.find("/no/such.ca"), std::string::npos) << of_servers;
}

TEST_F(SettingsTest, SayWhereTheSettingWasWritten) {
  config_.source = "forebay.toml";
  conf::Places places;
  places.remember("postgres.server_tls_ca_file", {7, 22});
  places.remember("postgres.server_tls_ciphers", {8, 22});
  places.remember("log.syslog_facility", {12, 19});
  places.remember("log.logfile", {13, 11});
  config_.places = std::make_shared<const conf::Places>(places);
  config_.postgres.server_tls = {.sslmode = SslMode::kVerifyFull, .ca_file = "/no/such.ca"};
  EXPECT_EQ(refusal().substr(0, 50), "forebay.toml:7:22: server_tls_ca_file /no/such.ca:");
  config_.postgres.server_tls = {.sslmode = SslMode::kRequire, .ciphers = "NOSUCH"};
  EXPECT_EQ(refusal().substr(0, 46), "forebay.toml:8:22: server_tls_ciphers NOSUCH: ");
  config_.log.syslog = true;
  config_.log.syslog_facility = "nosuch";
  EXPECT_TRUE(checkLog(config_).error().starts_with("forebay.toml:12:19: syslog_facility must be one of"));
  config_.log.syslog = false;
  config_.log.logfile = "/no/such/folder/log";
  const std::string expected = "forebay.toml:13:11: logfile /no/such/folder/log: No such file or directory";
  EXPECT_EQ(checkLog(config_).error(), expected);
  EXPECT_EQ(openLog(config_).error(), expected);
  config_.log.logfile = "/";
  EXPECT_EQ(checkLog(config_).error(), "forebay.toml:13:11: logfile /: Is a directory");
}

TEST_F(SettingsTest, CarryTheConfigurationThatTheyWereMadeFrom) {
  config_.postgres.server_tls.sslmode = SslMode::kDisable;
  const auto config = std::make_shared<const conf::Config>(config_);
  EXPECT_EQ(makeSettings(config).value()->config, config);
}

TEST_F(SettingsTest, KeepTheTlsOfRedisApart) {
  config_.postgres.server_tls.sslmode = SslMode::kRequire;
  config_.redis.caches["a"].server_tls_sslmode = SslMode::kVerifyFull;
  config_.redis.caches["b"];
  const Result<redis::SettingsPtr> settings = makeRedisSettings(std::make_shared<conf::Config>(config_));
  ASSERT_TRUE(settings.ok()) << settings.error();
  EXPECT_EQ((*settings)->client_tls, nullptr);
  ASSERT_EQ((*settings)->server_tls.size(), 1u);
  EXPECT_NE((*settings)->server_tls.at(SslMode::kVerifyFull), nullptr);
  EXPECT_EQ(modes(), std::set<SslMode>{SslMode::kRequire});
}

TEST_F(SettingsTest, RefuseRightsThatCannotBeUnderstood) {
  config_.redis.caches["main"].users["app"].commands = "+@al";
  const Result<redis::SettingsPtr> settings = makeRedisSettings(std::make_shared<conf::Config>(config_));
  ASSERT_FALSE(settings.ok());
  EXPECT_EQ(settings.error().substr(0, settings.error().find(':')), "redis.caches.main.users.app");
}

TEST_F(SettingsTest, SayThatItIsRedisWhoseFileCannotBeRead) {
  config_.redis.server_tls = {.sslmode = SslMode::kVerifyFull, .ca_file = "/no/such.ca"};
  const Result<redis::SettingsPtr> settings = makeRedisSettings(std::make_shared<conf::Config>(config_));
  ASSERT_FALSE(settings.ok());
  EXPECT_TRUE(settings.error().starts_with("redis: server_tls_ca_file ")) << settings.error();
}

}  // namespace
}  // namespace forebay
