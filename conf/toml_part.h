// TomlPart: what the readers of all sections of forebay.toml do alike. It tells of what is wrong at the place
// where it is wrong, and remembers where each setting stands.
#pragma once

#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/assign.h"
#include "conf/entry_reader.h"
#include "conf/expand.h"
#include "conf/problems.h"
#include "conf/settings.h"

namespace forebay::conf {

Place placeOf(const toml::source_region& region);

class TomlPart {
 public:
  TomlPart(const std::string& folder, const Environment& environment, Problems& problems)
      : folder_(folder), environment_(environment), problems_(problems) {}

 protected:
  using Names = std::vector<std::string_view>;

  static std::string text(std::string_view view) { return std::string(view); }

  void tell(const toml::key& key, std::string message) {
    problems_.add(placeOf(key.source()), std::move(message));
  }
  void unknown(const toml::key& key, std::string_view what, const Names& known);
  void belongsIn(const toml::key& key, std::string_view section) {
    tell(key, "'" + text(key) + "' belongs in [" + text(section) + "]");
  }
  // Whether `key` is one of `later`, what later versions will know; tells so.
  bool refuseLater(const toml::key& key, const Names& later);

  // The table under `key`, or null after telling that there is something else.
  const toml::table* tableOf(const toml::key& key, const toml::node& node);

  void check(const Status& status, const toml::node& node) {
    if (!status) problems_.add(placeOf(node.source()), status.error());
  }

  // The value as written, with its references to the environment resolved; nothing after telling what is
  // wrong.
  std::optional<Given> take(std::string_view name, const std::string& path, const toml::node& node,
                            std::string_view expected = "a text");
  template <typename Owner>
  std::optional<Given> take(const Setting<Owner>& setting, const std::string& path, const toml::node& node) {
    return take(setting.name, path, node, setting.expected);
  }

  // A table whose keys are names that the operator chose: calls `read` with each.
  template <typename Read>
  void readNamed(const toml::key& key, const toml::node& node, const std::string& path, Read read) {
    const toml::table* table = tableOf(key, node);
    if (!table) return;
    problems_.remember(path, placeOf(key.source()));
    for (const auto& [name, value] : *table) {
      problems_.remember(path + "." + text(name), placeOf(name.source()));
      read(name, value);
    }
  }

  // A table of settings. `more` is asked first about each key, and says whether that was all; `others` are
  // names that it knows.
  template <typename Owner, typename More>
  void readTable(const toml::key& name, const toml::node& node, const std::vector<Setting<Owner>>& settings,
                 std::string_view what, const std::string& path, Owner& owner, const Names& others,
                 More more) {
    const toml::table* table = tableOf(name, node);
    if (!table) return;
    for (const auto& [key, value] : *table) {
      if (more(key, value)) continue;
      const Setting<Owner>* setting = findSetting(settings, key);
      if (!setting) {
        unknown(key, what, joined(namesOf(settings), others));
      } else if (const std::optional<Given> given = take(*setting, path + "." + text(key), value)) {
        check(assign(*setting, owner, *given, folder_), value);
      }
    }
  }
  template <typename Owner>
  void readTable(const toml::key& name, const toml::node& node, const std::vector<Setting<Owner>>& settings,
                 std::string_view what, const std::string& path, Owner& owner) {
    readTable(name, node, settings, what, path, owner, {},
              [](const toml::key&, const toml::node&) { return false; });
  }

  // A database or cache: a table, or its URL alone. `more` and `others` as for readTable().
  template <typename Entry, typename More>
  std::optional<Entry> readEntry(const toml::key& name, const toml::node& node, std::string_view what,
                                 const std::string& path, const Names& others, More more) {
    EntryReader<Entry> reader(text(name), folder_);
    if (node.is_string()) {  // app = "postgres://..."
      if (const std::optional<Given> given = take("url", path + ".url", node))
        check(reader.set("url", *given), node);
    } else if (const toml::table* table = tableOf(name, node)) {
      for (const auto& [key, value] : *table) {
        if (more(key, value)) continue;
        if (!EntryReader<Entry>::knows(key))
          unknown(key, what, joined(EntryReader<Entry>::keys(), others));
        else if (const std::optional<Given> given =
                     EntryReader<Entry>::takesTable(key) && value.is_table()
                         ? takeTable(path + "." + text(key), key, *value.as_table())
                         : take(key, path + "." + text(key), value))
          check(reader.set(key, *given), value);
      }
    }
    Result<Entry> entry = reader.finish();
    if (entry) return std::move(*entry);
    problems_.addAt(path + "." + reader.blamed(), entry.error());
    return std::nullopt;
  }

  template <typename Entry>
  std::optional<Entry> readEntry(const toml::key& name, const toml::node& node, std::string_view what,
                                 const std::string& path) {
    return readEntry<Entry>(name, node, what, path, {},
                            [](const toml::key&, const toml::node&) { return false; });
  }

  const std::string& folder_;
  const Environment& environment_;
  Problems& problems_;

 private:
  static Names joined(Names names, const Names& others) {
    names.insert(names.end(), others.begin(), others.end());
    return names;
  }
  // A table of names that the operator chose and single values.
  std::optional<Given> takeTable(const std::string& path, const toml::key& key, const toml::table& table);
  std::optional<Given> scalar(std::string_view name, const toml::node& node, std::string_view expected);
};

}  // namespace forebay::conf
