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
  out.append("\n[postgres.").append(group).append(".").append(tomlKey(name)).append("]\n");
  for (const Setting<Owner>& each : settings) write(each, owner, out);
}

// A password that came from a file stays there.
Database withoutFilesPassword(Database database) {
  if (!database.password_file.empty()) database.password.clear();
  return database;
}

}  // namespace

std::string effectiveToml(const Config& config) {
  std::string out;
  writeSection(Section::kListen, config, out);
  out += "\n";
  writeSection(Section::kPostgres, config, out);
  for (const auto& [name, database] : config.postgres.databases)
    writeEntry("databases", name, databaseSettings(), withoutFilesPassword(database), out);
  for (const auto& [name, user] : config.postgres.users) writeEntry("users", name, userSettings(), user, out);
  for (const Peer& peer : config.postgres.peers)
    writeEntry("peers", std::to_string(peer.peer_id), peerSettings(), peer, out);
  out += "\n";
  writeSection(Section::kLog, config, out);
  return out;
}

}  // namespace forebay::conf
