#include "conf/toml_reader.h"

#include "conf/toml_part.h"
#include "conf/toml_redis.h"

namespace forebay::conf {

namespace {

const std::vector<std::string_view> kLaterSections = {"protection", "autoscale", "backup", "alerts", "peers"};

class TomlReader : private TomlPart {
 public:
  TomlReader(const TomlPart& part, Config& config) : TomlPart(part), config_(config) {}

  void read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (key == "listen")
        readSection(key, node, Section::kListen);
      else if (key == "postgres")
        readSection(key, node, Section::kPostgres);
      else if (key == "redis")
        readRedis(key, node, *this, config_.redis);
      else if (key == "failover")
        readFailover(key, node);
      else if (key == "state")
        readSection(key, node, Section::kState);
      else if (key == "log")
        readSection(key, node, Section::kLog);
      else if (!refuseLater(key, kLaterSections))
        unknown(key, "a section", {"listen", "postgres", "redis", "failover", "state", "log"});
    }
  }

 private:
  void readSection(const toml::key& key, const toml::node& node, Section section) {
    const toml::table* table = tableOf(key, node);
    if (!table) return;
    problems_.remember(text(nameOf(section)), placeOf(key.source()));
    for (const auto& [name, value] : *table) {
      if (section == Section::kPostgres && readPostgresPart(name, value)) continue;
      readGlobal(name, value, section);
    }
  }

  void readFailover(const toml::key& key, const toml::node& node) {
    readSection(key, node, Section::kFailover);
    const FailoverSettings& failover = config_.failover;
    if (!failover.probe_password.empty() && !failover.probe_password_file.empty())
      problems_.addAt("failover.probe_password_file",
                      "probe_password and probe_password_file exclude each other");
  }

  bool readPostgresPart(const toml::key& key, const toml::node& node) {
    const auto each = [&](auto member) {
      readNamed(key, node, "postgres." + text(key),
                [&](const toml::key& name, const toml::node& value) { (this->*member)(name, value); });
      return true;
    };
    if (key == "databases") return each(&TomlReader::readDatabase);
    if (key == "users") return each(&TomlReader::readUser);
    if (key == "peers") return each(&TomlReader::readPeer);
    return false;
  }

  void readGlobal(const toml::key& key, const toml::node& node, Section section) {
    const GlobalSetting* setting = findSetting(globalSettings(), key);
    if (!setting || !mayStandIn(*setting, section)) return unknownGlobal(key, section, setting);
    const std::string path = text(nameOf(setting->section)) + "." + text(key);
    if (const Place* other = problems_.placeOf(path)) return setTwice(key, placeOf(node.source()), *other);
    const std::optional<Given> given = take(*setting, path, node);
    if (given) check(assign(*setting, config_, *given, folder_), node);
  }

  // log_stats in [postgres] and in [log]; which of them was read first says nothing of which stands first.
  void setTwice(const toml::key& key, Place first, Place second) {
    if (second.line < first.line) std::swap(first, second);
    problems_.add(second, text(key) + " is set twice, first in line " + std::to_string(first.line));
  }

  void unknownGlobal(const toml::key& key, Section section, const GlobalSetting* elsewhere) {
    if (elsewhere) return belongsIn(key, nameOf(elsewhere->section));
    if (section == Section::kPostgres && findSetting(redisSettings(), key)) return belongsIn(key, "redis");
    if (const std::string_view why = whyMeaningless(key); !why.empty())
      return tell(key, "'" + text(key) + "' has no meaning here: " + text(why));
    std::vector<std::string_view> known;
    for (const GlobalSetting& each : globalSettings())
      if (mayStandIn(each, section)) known.push_back(each.name);
    if (section == Section::kPostgres) known.insert(known.end(), {"databases", "users", "peers"});
    unknown(key, "a setting of [" + text(nameOf(section)) + "]", known);
  }

  void readDatabase(const toml::key& name, const toml::node& node) {
    std::optional<Database> database =
        readEntry<Database>(name, node, "a setting of a database", "postgres.databases." + text(name));
    if (!database) return;
    if (!database->patroni.password.empty() && !database->patroni.password_file.empty())
      problems_.addAt("postgres.databases." + text(name) + ".patroni_password_file",
                      "patroni_password and patroni_password_file exclude each other");
    config_.postgres.databases[text(name)] = std::move(*database);
  }

  void readUser(const toml::key& name, const toml::node& node) {
    const std::string path = "postgres.users." + text(name);
    User user;
    user.name = text(name);
    readTable(name, node, userSettings(), "a setting of a user", path, user);
    config_.postgres.users[user.name] = std::move(user);
  }

  void readPeer(const toml::key& name, const toml::node& node) {
    const std::string path = "postgres.peers." + text(name);
    const std::optional<int64_t> id = readWhole(Given{text(name)});
    if (!id || *id < 1 || *id > 127)
      return tell(name, "a peer's name must be its peer_id, from 1 to 127, not '" + text(name) + "'");
    Peer peer{static_cast<uint32_t>(*id), {{}, kListenPort}, 0};
    readTable(name, node, peerSettings(), "a setting of a peer", path, peer);
    config_.postgres.peers.push_back(std::move(peer));
  }

  Config& config_;
};

}  // namespace

void readToml(std::string_view text, const std::string& folder, const Environment& environment,
              Config& config, Problems& problems) {
  try {
    const toml::table root = toml::parse(text);
    TomlReader(TomlPart(folder, environment, problems), config).read(root);
  } catch (const toml::parse_error& error) {  // toml++ reports syntax errors so; it stops at the first
    problems.add(placeOf(error.source()), std::string(error.description()));
  }
}

}  // namespace forebay::conf
