// SHOW CONFIG and SET of the console.
#include <algorithm>

#include "base/nearest.h"
#include "conf/assign.h"
#include "conf/load.h"
#include "conf/problems.h"
#include "conf/rules.h"
#include "conf/settings.h"

namespace forebay::conf {

namespace {

// PgBouncer has one port and one folder for what is a list here; the first of each kind stands for it.
void addListeners(const ListenSettings& listen, const ListenSettings& standard,
                  std::vector<ShownSetting>& rows) {
  const auto addresses = [](const ListenSettings& from) {
    std::vector<std::string> hosts;
    for (const ListenAddress& each : from.postgres)
      if (!each.isUnix()) hosts.push_back(each.host.empty() ? "*" : each.host);
    return formatList(hosts);
  };
  const auto port = [](const ListenSettings& from) {
    return from.postgres.empty() ? std::string() : std::to_string(from.postgres.front().port);
  };
  const auto folder = [](const ListenSettings& from) {
    for (const ListenAddress& each : from.postgres)
      if (each.isUnix()) return each.host;
    return std::string();
  };
  rows.push_back({"listen_addr", addresses(listen), addresses(standard), false});
  rows.push_back({"listen_port", port(listen), port(standard), false});
  rows.push_back({"unix_socket_dir", folder(listen), folder(standard), false});
}

// Shown under PgBouncer's names, but written otherwise.
bool isShownOnly(std::string_view key) {
  return key == "listen_addr" || key == "listen_port" || key == "unix_socket_dir";
}

// What the console calls a setting: PgBouncer's names, and Forebay's own in [postgres].
bool knownToConsole(const GlobalSetting& setting) { return mayStandIn(setting, Section::kPostgres); }

// The section of a setting that a reload changes, but not the console; empty for all other names.
std::string_view sectionOfFile(std::string_view key, const GlobalSetting* setting) {
  if (setting && setting->section == Section::kFailover) return nameOf(setting->section);
  return findSetting(redisSettings(), key) ? "redis" : "";
}

Error unknownSetting(std::string_view key) {
  std::vector<std::string_view> known;
  for (const GlobalSetting& each : globalSettings())
    if (knownToConsole(each)) known.push_back(each.name);
  std::string text = "'" + std::string(key) + "' is not a setting";
  if (const std::optional<std::string_view> guess = nearest(key, known))
    text.append("; did you mean '").append(*guess).append("'?");
  return Error{text};
}

}  // namespace

std::vector<ShownSetting> showSettings(const Config& config) {
  static const Config kStandard;
  std::vector<ShownSetting> rows;
  for (const GlobalSetting& each : globalSettings()) {
    if (!knownToConsole(each) || each.traits.secret) continue;
    rows.push_back({std::string(each.name), each.show(config).value_or(""), each.show(kStandard).value_or(""),
                    !each.traits.restart});
  }
  addListeners(config.listen, kStandard.listen, rows);
  rows.push_back({"conffile", config.source, "", false});
  std::sort(rows.begin(), rows.end(),
            [](const ShownSetting& a, const ShownSetting& b) { return a.key < b.key; });
  return rows;
}

Result<ConfigPtr> withSetting(const Config& config, std::string_view key, std::string_view value) {
  const GlobalSetting* setting = findSetting(globalSettings(), key);
  if (!setting || !knownToConsole(*setting)) {
    if (isShownOnly(key))
      return Error{std::string(key) +
                   " is taken at start only, from [listen] of the config file: change it there "
                   "and restart"};
    const std::string_view section = sectionOfFile(key, setting);
    if (section.empty()) return unknownSetting(key);
    return Error{std::string(key).append(" belongs to [").append(section) +
                 "]: change it in the config file and RELOAD"};
  }
  if (setting->traits.restart)
    return Error{std::string(key) + " is taken at start only: change it in the file and restart"};
  if (setting->traits.loaded)
    return Error{std::string(key) + " decides which files are read: change it in the config file and RELOAD"};

  const auto changed = std::make_shared<Config>(config);
  changed->places.reset();
  Status status = assign(*setting, *changed, Given{std::string(value)}, folderOf(config.source));
  if (!status) return Error{status.error()};
  Problems problems("");
  checkRules(*changed,
             [&](const std::string&, std::string message) { problems.addLine(std::move(message)); });
  if (!problems.none()) return problems.error();
  return ConfigPtr(changed);
}

}  // namespace forebay::conf
