// conf/forebay.example.toml shows every setting, and shows it right.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "conf/settings.h"
#include "tests/conf/loading.h"

namespace forebay::conf {
namespace {

std::string exampleText() {
  const std::filesystem::path tree =
      std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
  std::ifstream file(tree / "conf" / "forebay.example.toml");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<ConfigPtr> loadExample(const std::string& text) {
  const World world{.files = {{"forebay.toml", text}, {"userlist.txt", "\"ann\" \"pw\"\n"}},
                    .environment = {}};
  return world.load();
}

// The lines "#name = value" of `section`, and those in force; with the '#' taken away.
std::vector<std::string> settingLines(const std::string& text, const std::string& section) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  std::string line, current;
  while (std::getline(in, line)) {
    if (line.starts_with('#') && line.size() > 1 && line[1] != ' ') line.erase(0, 1);
    if (line.starts_with('['))
      current = line.substr(1, line.find(']') - 1);
    else if (current == section && !line.empty() && line[0] != '#')
      lines.push_back(line);
  }
  return lines;
}

std::set<std::string> namesIn(const std::string& section) {
  std::set<std::string> names;
  for (const std::string& line : settingLines(exampleText(), section))
    names.insert(line.substr(0, line.find(' ')));
  return names;
}

template <typename Owner>
void expectEach(const std::vector<Setting<Owner>>& settings, const std::string& section) {
  const std::set<std::string> names = namesIn(section);
  for (const Setting<Owner>& each : settings)
    EXPECT_TRUE(names.contains(std::string(each.name))) << "[" << section << "] " << each.name;
}

TEST(ExampleFile, Loads) {
  const Result<ConfigPtr> loaded = loadExample(exampleText());
  ASSERT_TRUE(loaded.ok()) << loaded.error();
}

TEST(ExampleFile, ShowsEverySetting) {
  for (const Section section :
       {Section::kListen, Section::kPostgres, Section::kFailover, Section::kState, Section::kLog}) {
    std::vector<GlobalSetting> here;
    for (const GlobalSetting& each : globalSettings())
      if (each.section == section) here.push_back(each);
    expectEach(here, std::string(nameOf(section)));
  }
  expectEach(databaseSettings(), "postgres.databases.app");
  expectEach(userSettings(), "postgres.users.report");
  expectEach(peerSettings(), "postgres.peers.2");
  expectEach(redisSettings(), "redis");
  expectEach(cacheSettings(), "redis.caches.main");
  expectEach(cacheUserSettings(), "redis.caches.main.users.app");
}

TEST(ExampleFile, ShowsTheDefaults) {
  std::string text;
  for (const char* section : {"listen", "postgres", "redis", "failover", "state", "log"}) {
    text += "[" + std::string(section) + "]\n";
    for (const std::string& line : settingLines(exampleText(), section))
      if (!line.starts_with("probe_password")) text += line + "\n";
  }
  const Result<ConfigPtr> loaded = loadExample(text + "[postgres.databases.app]\nhost = \"pg\"\n");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const Config standard;
  for (const GlobalSetting& each : globalSettings()) {
    if (each.name == "auth_file") continue;  // the one that the file sets
    EXPECT_EQ(each.show(**loaded), each.show(standard)) << each.name;
  }
  for (const RedisSetting& each : redisSettings())
    EXPECT_EQ(each.show((*loaded)->redis), each.show(standard.redis)) << each.name;
}

TEST(ExampleFile, ShowsOnlyWhatACacheAndItsUserMayHave) {
  for (const bool with_sentinels : {false, true}) {
    std::string text = "[redis.caches.main]\n";
    for (const std::string& line : settingLines(exampleText(), "redis.caches.main")) {
      const bool of_sentinels = line.starts_with("sentinel") || line.starts_with("master");
      const bool of_one_node = line.starts_with("host") || line.starts_with("port");
      const bool of_others = line.starts_with("url") || (with_sentinels ? of_one_node : of_sentinels);
      if (!of_others && line.find("password = ") == std::string::npos) text += line + "\n";
    }
    text += "[redis.caches.main.users.app]\n";
    for (const std::string& line : settingLines(exampleText(), "redis.caches.main.users.app"))
      if (!line.starts_with("password = ")) text += line + "\n";
    const World world{.files = {{"forebay.toml", text},
                                {"/run/secrets/redis", "a"},
                                {"/run/secrets/app", "b"},
                                {"/run/secrets/sentinel", "c"}},
                      .environment = {}};
    const Result<ConfigPtr> loaded = world.load();
    ASSERT_TRUE(loaded.ok()) << loaded.error();
  }
}

TEST(ExampleFile, ShowsOnlyWhatADatabaseAndAUserMayHave) {
  std::string text = "[postgres]\nauth_type = \"trust\"\n[postgres.databases.app]\n";
  for (const std::string& line : settingLines(exampleText(), "postgres.databases.app"))
    if (!line.starts_with("url") && !line.starts_with("host =") && !line.starts_with("port") &&
        !line.starts_with("password") && !line.starts_with("auth_") && !line.starts_with("patroni"))
      text += line + "\n";
  text += "[postgres.users.report]\n";
  for (const std::string& line : settingLines(exampleText(), "postgres.users.report")) text += line + "\n";
  const Result<ConfigPtr> loaded = loadExample(text);
  ASSERT_TRUE(loaded.ok()) << loaded.error();
}

}  // namespace
}  // namespace forebay::conf
