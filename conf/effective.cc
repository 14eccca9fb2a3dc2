// All settings in force, as TOML that loads again.
#include "conf/load.h"
#include "conf/settings.h"

namespace forebay::conf {

namespace {

template <typename Owner>
void write(const Setting<Owner>& setting, const Owner& owner, std::string& out) {
  std::optional<std::string> value = setting.toml(owner);
  if (!value) return;
  if (setting.traits.secret) value = quoteToml("********");
  out.append(setting.name).append(" = ").append(*value).append("\n");
}

void writeSection(Section section, const Config& config, std::string& out) {
  out.append("[").append(nameOf(section)).append("]\n");
  for (const GlobalSetting& each : globalSettings())
    if (each.section == section) write(each, config, out);
}

template <typename Owner>
void writeEntry(std::string_view group, const std::string& name, const std::vector<Setting<Owner>>& settings,
                const Owner& owner, std::string& out) {
  out.append("\n[").append(group).append(".").append(tomlKey(name)).append("]\n");
  for (const Setting<Owner>& each : settings) write(each, owner, out);
}

// A password that came from a file stays there.
template <typename Owner>
Owner withoutFilesPassword(Owner owner) {
  if (!owner.password_file.empty()) owner.password.clear();
  return owner;
}

Config withoutProbesPassword(Config config) {
  if (!config.failover.probe_password_file.empty()) config.failover.probe_password.clear();
  return config;
}

Database withoutFilesPasswords(Database database) {
  if (!database.patroni.password_file.empty()) database.patroni.password.clear();
  return withoutFilesPassword(std::move(database));
}

Cache withoutFilesPasswords(Cache cache) {
  if (!cache.sentinel_password_file.empty()) cache.sentinel_password.clear();
  return withoutFilesPassword(std::move(cache));
}

void writeRedis(const RedisSettings& redis, std::string& out) {
  out += "\n[redis]\n";
  for (const RedisSetting& each : redisSettings()) write(each, redis, out);
  for (const auto& [name, cache] : redis.caches) {
    writeEntry("redis.caches", name, cacheSettings(), withoutFilesPasswords(cache), out);
    const std::string users = "redis.caches." + tomlKey(name) + ".users";
    for (const auto& [user_name, user] : cache.users)
      writeEntry(users, user_name, cacheUserSettings(), withoutFilesPassword(user), out);
  }
}

}  // namespace

std::string effectiveToml(const Config& config) {
  std::string out;
  writeSection(Section::kListen, config, out);
  out += "\n";
  writeSection(Section::kPostgres, config, out);
  for (const auto& [name, database] : config.postgres.databases)
    writeEntry("postgres.databases", name, databaseSettings(), withoutFilesPasswords(database), out);
  for (const auto& [name, user] : config.postgres.users)
    writeEntry("postgres.users", name, userSettings(), user, out);
  for (const Peer& peer : config.postgres.peers)
    writeEntry("postgres.peers", std::to_string(peer.peer_id), peerSettings(), peer, out);
  writeRedis(config.redis, out);
  out += "\n";
  writeSection(Section::kFailover, withoutProbesPassword(config), out);
  out += "\n";
  writeSection(Section::kState, config, out);
  out += "\n";
  writeSection(Section::kLog, config, out);
  return out;
}

}  // namespace forebay::conf
