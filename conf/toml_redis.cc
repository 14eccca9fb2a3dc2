#include "conf/toml_redis.h"

namespace forebay::conf {

namespace {

class RedisReader : private TomlPart {
 public:
  RedisReader(const TomlPart& part, RedisSettings& redis) : TomlPart(part), redis_(redis) {}

  void read(const toml::key& section, const toml::node& node) {
    problems_.remember("redis", placeOf(section.source()));
    const auto more = [&](const toml::key& key, const toml::node& value) {
      if (key == "caches") return readCaches(key, value), true;
      if (findSetting(redisSettings(), key) || !findSetting(globalSettings(), key)) return false;
      return belongsIn(key, nameOf(findSetting(globalSettings(), key)->section)), true;
    };
    readTable(section, node, redisSettings(), "a setting of [redis]", "redis", redis_, {"caches"}, more);
  }

 private:
  void readCaches(const toml::key& key, const toml::node& node) {
    readNamed(key, node, "redis.caches",
              [this](const toml::key& name, const toml::node& value) { readCache(name, value); });
  }

  void readCache(const toml::key& name, const toml::node& node) {
    const std::string path = "redis.caches." + text(name);
    std::map<std::string, CacheUser> users;
    const auto more = [&](const toml::key& key, const toml::node& value) {
      if (key != "users") return refuseLater(key, {"cluster"});
      return readUsers(key, value, path + ".users", users), true;
    };
    std::optional<Cache> cache = readEntry<Cache>(name, node, "a setting of a cache", path, {"users"}, more);
    if (!cache) return;
    if (!cache->sentinel_password.empty() && !cache->sentinel_password_file.empty())
      problems_.addAt(path + ".sentinel_password_file",
                      "sentinel_password and sentinel_password_file exclude each other");
    cache->users = std::move(users);
    redis_.caches[cache->name] = std::move(*cache);
  }

  void readUsers(const toml::key& key, const toml::node& node, const std::string& path,
                 std::map<std::string, CacheUser>& users) {
    readNamed(key, node, path, [&](const toml::key& name, const toml::node& value) {
      CacheUser user;
      user.name = text(name);
      readTable(name, value, cacheUserSettings(), "a setting of a cache's user", path + "." + text(name),
                user);
      if (!user.password.empty() && !user.password_file.empty())
        problems_.addAt(path + "." + user.name + ".password_file",
                        "password and password_file exclude each other");
      users[user.name] = std::move(user);
    });
  }

  RedisSettings& redis_;
};

}  // namespace

void readRedis(const toml::key& key, const toml::node& node, const TomlPart& part, RedisSettings& redis) {
  RedisReader(part, redis).read(key, node);
}

}  // namespace forebay::conf
