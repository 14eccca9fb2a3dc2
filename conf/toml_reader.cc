#include "conf/toml_reader.h"

#include <toml++/toml.h>

#include <array>

#include "conf/assign.h"
#include "conf/database_reader.h"
#include "conf/nearest.h"
#include "conf/settings.h"

namespace forebay::conf {

namespace {

constexpr std::array<std::string_view, 8> kLaterSections = {"redis",  "failover", "protection", "autoscale",
                                                            "backup", "alerts",   "state",      "peers"};
constexpr std::array<std::string_view, 6> kLaterDatabaseKeys = {
    "reads", "primary_fallback", "consistency", "balance", "max_replica_lag", "max_replica_lag_bytes"};
constexpr std::string_view kLater = "not part of this version yet";

Place placeOf(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class TomlReader {
 public:
  TomlReader(const std::string& folder, const Environment& environment, Config& config, Problems& problems)
      : folder_(folder), environment_(environment), config_(config), problems_(problems) {}

  void read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (key == "listen")
        readSection(key, node, Section::kListen);
      else if (key == "postgres")
        readSection(key, node, Section::kPostgres);
      else if (key == "log")
        readSection(key, node, Section::kLog);
      else if (contains(kLaterSections, key))
        problems_.add(placeOf(key.source()), text(key) + ": " + text(kLater));
      else
        unknown(key, "a section", {"listen", "postgres", "log"});
    }
  }

 private:
  static std::string text(std::string_view view) { return std::string(view); }

  void unknown(const toml::key& key, std::string_view what, const std::vector<std::string_view>& known) {
    const std::optional<std::string_view> guess = nearest(key, known);
    problems_.add(placeOf(key.source()), "'" + text(key) + "' is not " + text(what) +
                                             (guess ? "; did you mean '" + text(*guess) + "'?" : ""));
  }

  // The table under `key`, or null after telling that there is something else.
  const toml::table* tableOf(const toml::key& key, const toml::node& node) {
    if (!node.is_table())
      problems_.add(placeOf(node.source()), text(key) + " must be a table, [" + text(key) + "]");
    return node.as_table();
  }

  void readSection(const toml::key& key, const toml::node& node, Section section) {
    const toml::table* table = tableOf(key, node);
    if (!table) return;
    problems_.remember(text(nameOf(section)), placeOf(key.source()));
    for (const auto& [name, value] : *table) {
      if (section == Section::kPostgres && readPostgresPart(name, value)) continue;
      readGlobal(name, value, section);
    }
  }

  bool readPostgresPart(const toml::key& key, const toml::node& node) {
    const auto each = [&](auto member) {
      const toml::table* table = tableOf(key, node);
      if (!table) return true;
      problems_.remember("postgres." + text(key), placeOf(key.source()));
      for (const auto& [name, value] : *table) {
        problems_.remember("postgres." + text(key) + "." + text(name), placeOf(name.source()));
        (this->*member)(name, value);
      }
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
    if (elsewhere)
      return problems_.add(placeOf(key.source()),
                           "'" + text(key) + "' belongs in [" + text(nameOf(elsewhere->section)) + "]");
    if (const std::string_view why = whyMeaningless(key); !why.empty())
      return problems_.add(placeOf(key.source()), "'" + text(key) + "' has no meaning here: " + text(why));
    std::vector<std::string_view> known;
    for (const GlobalSetting& each : globalSettings())
      if (mayStandIn(each, section)) known.push_back(each.name);
    if (section == Section::kListen && key == "redis")
      return problems_.add(placeOf(key.source()), text(key) + ": " + text(kLater));
    if (section == Section::kPostgres) known.insert(known.end(), {"databases", "users", "peers"});
    unknown(key, "a setting of [" + text(nameOf(section)) + "]", known);
  }

  void readDatabase(const toml::key& name, const toml::node& node) {
    const std::string path = "postgres.databases." + text(name);
    DatabaseReader reader(text(name), folder_);
    if (node.is_string()) {  // app = "postgres://..."
      if (const std::optional<Given> given = take("url", path + ".url", node))
        check(reader.set("url", *given), node);
    } else if (const toml::table* table = tableOf(name, node)) {
      readKeys(*table, path, reader);
    }
    Result<Database> database = reader.finish();
    if (database)
      config_.postgres.databases[text(name)] = std::move(*database);
    else
      problems_.addAt(path + "." + reader.blamed(), database.error());
  }

  void readKeys(const toml::table& table, const std::string& path, DatabaseReader& reader) {
    for (const auto& [key, value] : table) {
      if (contains(kLaterDatabaseKeys, key)) {
        problems_.add(placeOf(key.source()), text(key) + ": " + text(kLater));
      } else if (!DatabaseReader::knows(key)) {
        unknown(key, "a setting of a database", DatabaseReader::keys());
      } else if (const std::optional<Given> given = take(key, path + "." + text(key), value)) {
        check(reader.set(key, *given), value);
      }
    }
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
      return problems_.add(placeOf(name.source()),
                           "a peer's name must be its peer_id, from 1 to 127, not '" + text(name) + "'");
    Peer peer{static_cast<uint32_t>(*id), {{}, kListenPort}, 0};
    readTable(name, node, peerSettings(), "a setting of a peer", path, peer);
    config_.postgres.peers.push_back(std::move(peer));
  }

  template <typename Owner>
  void readTable(const toml::key& name, const toml::node& node, const std::vector<Setting<Owner>>& settings,
                 std::string_view what, const std::string& path, Owner& owner) {
    const toml::table* table = tableOf(name, node);
    if (!table) return;
    for (const auto& [key, value] : *table) {
      const Setting<Owner>* setting = findSetting(settings, key);
      if (!setting) {
        unknown(key, what, namesOf(settings));
      } else if (const std::optional<Given> given = take(*setting, path + "." + text(key), value)) {
        check(assign(*setting, owner, *given, folder_), value);
      }
    }
  }

  void check(const Status& status, const toml::node& node) {
    if (!status) problems_.add(placeOf(node.source()), status.error());
  }

  template <typename Owner>
  std::optional<Given> take(const Setting<Owner>& setting, const std::string& path, const toml::node& node) {
    return take(setting.name, path, node, setting.expected);
  }

  // The value as written, with its references to the environment resolved; nothing after telling what is
  // wrong.
  std::optional<Given> take(std::string_view name, const std::string& path, const toml::node& node,
                            std::string_view expected = "a text") {
    const Place place = placeOf(node.source());
    problems_.remember(path, place);
    if (const toml::array* array = node.as_array()) {
      std::vector<std::string> list;
      for (const toml::node& element : *array) {
        const std::optional<Given> one = scalar(name, element, expected);
        if (!one) return std::nullopt;
        list.push_back(textOf(*one));
      }
      return Given{std::move(list)};
    }
    return scalar(name, node, expected);
  }

  std::optional<Given> scalar(std::string_view name, const toml::node& node, std::string_view expected) {
    if (const auto* whole = node.as_integer()) return Given{whole->get()};
    if (const auto* real = node.as_floating_point()) return Given{real->get()};
    if (const auto* flag = node.as_boolean()) return Given{flag->get()};
    const Place place = placeOf(node.source());
    if (const auto* string = node.as_string()) {
      Result<std::string> expanded = expand(string->get(), environment_);
      if (expanded) return Given{std::move(*expanded)};
      problems_.add(place, text(name) + " " + expanded.error());
      return std::nullopt;
    }
    const std::string_view what = node.is_table() ? "a table" : node.is_array() ? "a list" : "a date";
    problems_.add(place, text(name) + " must be " + text(expected) + ", not " + text(what));
    return std::nullopt;
  }

  const std::string& folder_;
  const Environment& environment_;
  Config& config_;
  Problems& problems_;
};

}  // namespace

void readToml(std::string_view text, const std::string& folder, const Environment& environment,
              Config& config, Problems& problems) {
  try {
    const toml::table root = toml::parse(text);
    TomlReader(folder, environment, config, problems).read(root);
  } catch (const toml::parse_error& error) {  // toml++ reports syntax errors so; it stops at the first
    problems.add(placeOf(error.source()), std::string(error.description()));
  }
}

}  // namespace forebay::conf
