// What a reload changes, told setting by setting.
#include <set>

#include "conf/listeners.h"
#include "conf/load.h"
#include "conf/settings.h"

namespace forebay::conf {

namespace {

class Changes {
 public:
  template <typename Owner>
  void compare(const std::string& path, const Setting<Owner>& setting, const Owner& before,
               const Owner& after) {
    const std::optional<std::string> old_value = setting.show(before), new_value = setting.show(after);
    if (old_value == new_value) return;
    const std::string name = path + "." + std::string(setting.name);
    if (setting.traits.secret)
      lines_.push_back(name + ": (changed)");
    else
      lines_.push_back(name + ": " + shown(old_value) + " -> " + shown(new_value));
  }

  // `inside` compares what the settings do not cover of an entry that is in both.
  template <typename Owner, typename Inside>
  void compareMaps(const std::string& path, const std::vector<Setting<Owner>>& settings,
                   const std::map<std::string, Owner>& before, const std::map<std::string, Owner>& after,
                   Inside inside) {
    std::set<std::string> names;
    for (const auto* map : {&before, &after})
      for (const auto& [name, owner] : *map) names.insert(name);
    for (const std::string& name : names) {
      const auto old_entry = before.find(name), new_entry = after.find(name);
      const std::string here = path + "." + name;
      if (old_entry == before.end()) {
        lines_.push_back(here + ": added");
      } else if (new_entry == after.end()) {
        lines_.push_back(here + ": removed");
      } else {
        for (const Setting<Owner>& each : settings) compare(here, each, old_entry->second, new_entry->second);
        inside(here, old_entry->second, new_entry->second);
      }
    }
  }
  template <typename Owner>
  void compareMaps(const std::string& path, const std::vector<Setting<Owner>>& settings,
                   const std::map<std::string, Owner>& before, const std::map<std::string, Owner>& after) {
    compareMaps(path, settings, before, after, [](const std::string&, const Owner&, const Owner&) {});
  }

  void compareRedis(const RedisSettings& before, const RedisSettings& after) {
    for (const RedisSetting& each : redisSettings()) compare("redis", each, before, after);
    compareMaps("redis.caches", cacheSettings(), before.caches, after.caches,
                [this](const std::string& path, const Cache& was, const Cache& is) {
                  compareMaps(path + ".users", cacheUserSettings(), was.users, is.users);
                });
  }

  // Names stay out of it: a list of users is no secret, but a log is read by more people than a userlist.
  void compareUserlists(const Userlist& before, const Userlist& after) {
    size_t added = 0, removed = 0, changed = 0;
    for (const auto& [user, secret] : after.secrets()) {
      const std::string* old_secret = before.find(user);
      if (!old_secret)
        ++added;
      else if (*old_secret != secret)
        ++changed;
    }
    for (const auto& [user, secret] : before.secrets())
      if (!after.find(user)) ++removed;
    if (added + removed + changed > 0)
      lines_.push_back("users and their secrets: " + std::to_string(added) + " added, " +
                       std::to_string(removed) + " removed, " + std::to_string(changed) + " changed");
  }

  void compareHba(const Hba& before, const Hba& after) {
    if (before == after) return;
    lines_.push_back("HBA rules: changed, " + std::to_string(before.rules.size()) + " -> " +
                     std::to_string(after.rules.size()) + " rules");
  }

  std::vector<std::string> take() { return std::move(lines_); }

 private:
  static std::string shown(const std::optional<std::string>& value) {
    if (!value) return "(unset)";
    return value->empty() ? "''" : *value;
  }

  std::vector<std::string> lines_;
};

std::map<std::string, Peer> byId(const std::vector<Peer>& peers) {
  std::map<std::string, Peer> out;
  for (const Peer& each : peers) out[std::to_string(each.peer_id)] = each;
  return out;
}

// What opens or closes listeners without being a change of [listen].
void addListenerChanges(const Config& before, const Config& after, std::vector<std::string>& lines) {
  if (listensForPostgres(before) != listensForPostgres(after))
    lines.push_back(listensForPostgres(after) ? "listen.postgres: used from now on"
                                              : "listen.postgres: not used any more");
  const auto was = redisListeners(before), is = redisListeners(after);
  for (const auto& [name, addresses] : is) {
    const auto old = was.find(name);
    if (old == was.end())
      lines.push_back("redis.caches." + name + ": added");
    else if (old->second != addresses && before.listen.redis == after.listen.redis)
      lines.push_back("redis.caches." + name + ".listen: " + kRedisListeners.show(old->second) + " -> " +
                      kRedisListeners.show(addresses));
  }
  for (const auto& [name, addresses] : was)
    if (!is.contains(name)) lines.push_back("redis.caches." + name + ": removed");
}

std::string pathOf(const GlobalSetting& setting) { return std::string(nameOf(setting.section)); }

}  // namespace

std::vector<std::string> describeChanges(const Config& before, const Config& after) {
  Changes changes;
  for (const GlobalSetting& each : globalSettings()) changes.compare(pathOf(each), each, before, after);
  const PostgresSettings& was = before.postgres;
  const PostgresSettings& is = after.postgres;
  changes.compareMaps("postgres.databases", databaseSettings(), was.databases, is.databases);
  changes.compareMaps("postgres.users", userSettings(), was.users, is.users);
  changes.compareMaps("postgres.peers", peerSettings(), byId(was.peers), byId(is.peers));
  changes.compareRedis(before.redis, after.redis);
  changes.compareUserlists(before.userlist, after.userlist);
  changes.compareHba(before.hba, after.hba);
  return changes.take();
}

Status checkReloadable(const Config& before, const Config& after) {
  Changes changes;
  for (const GlobalSetting& each : globalSettings())
    if (each.traits.restart) changes.compare(pathOf(each), each, before, after);
  std::vector<std::string> lines = changes.take();
  addListenerChanges(before, after, lines);
  std::string reasons;
  for (const std::string& line : lines) reasons += (reasons.empty() ? "" : "\n") + line + ": takes a restart";
  if (!reasons.empty()) return Error{reasons};
  return Ok{};
}

}  // namespace forebay::conf
