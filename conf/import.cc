// pgbouncer.ini to forebay.toml: the file is read into a Config by the same tables as a forebay.toml, and
// what it sets is written back as TOML. Nothing it says is lost in silence: a key without a meaning here
// becomes a comment.
#include <array>
#include <map>
#include <set>

#include "base/nearest.h"
#include "conf/assign.h"
#include "conf/entry_reader.h"
#include "conf/ini.h"
#include "conf/load.h"
#include "conf/problems.h"
#include "conf/settings.h"

namespace forebay::conf {

namespace {

struct Default {
  std::string_view name, value;
};
// Where PgBouncer's default is not Forebay's: an ini that leaves these out means PgBouncer's.
constexpr std::array kPgbouncerDefaults = {Default{"pool_mode", "session"}, Default{"max_client_conn", "100"},
                                           Default{"default_pool_size", "20"}, Default{"auth_type", "md5"}};
// Client, worker and gateway share the 32 bits of a cancel key's process id.
constexpr const char* kFewerPeers = "; PgBouncer's go up to 16383: give all peers smaller numbers";
constexpr std::string_view kDefaultSocketFolder = "/tmp";

class IniImport {
 public:
  Result<std::string> run(const std::vector<IniEntry>& entries) {
    for (const IniEntry& each : entries)
      if (each.section == "pgbouncer") readGlobal(each);
    placeListeners();
    addDefaults();
    for (const IniEntry& each : entries) readEntry(each);
    if (!problems_.none()) return problems_.error();
    return write();
  }

 private:
  void tell(const IniEntry& entry, const std::string& message) {
    problems_.addLine(entry.place + ": " + message);
  }
  void note(const IniEntry& entry, std::string_view why) {
    notes_.push_back(entry.key + ": " + std::string(why));
  }

  void readGlobal(const IniEntry& entry) {
    if (entry.key == "listen_addr") return void(listen_addr_ = splitList(entry.value));
    if (entry.key == "unix_socket_dir") return void(socket_folder_ = entry.value);
    if (entry.key == "listen_port") return readListenPort(entry);
    if (const std::string_view why = whyMeaningless(entry.key); !why.empty()) return note(entry, why);
    const GlobalSetting* setting = findSetting(globalSettings(), entry.key);
    if (!setting || setting->traits.own || !mayStandIn(*setting, Section::kPostgres)) return unknown(entry);
    const Status status = assign(*setting, config_, translated(*setting, entry));
    if (!status) return tell(entry, status.error() + (entry.key == "peer_id" ? kFewerPeers : ""));
    given_.insert(setting->name);
  }

  void unknown(const IniEntry& entry) {
    std::vector<std::string_view> known;
    for (const GlobalSetting& each : globalSettings())
      if (!each.traits.own) known.push_back(each.name);
    const std::optional<std::string_view> guess = nearest(entry.key, known);
    tell(entry, "'" + entry.key + "' is not a setting of PgBouncer" +
                    (guess ? "; did you mean '" + std::string(*guess) + "'?" : ""));
  }

  // Where PgBouncer understands more, or means the same by another word.
  Given translated(const GlobalSetting& setting, const IniEntry& entry) {
    const std::optional<int64_t> number = readWhole(Given{entry.value});
    if (setting.expected == Flag{}.expected() && number) return Given{*number != 0};  // tcp_defer_accept = 45
    if (entry.key.ends_with("_tls_protocols")) return Given{modernProtocols(entry)};
    return Given{entry.value};
  }

  std::string modernProtocols(const IniEntry& entry) {
    std::string modern;
    bool older = false;
    for (const std::string& each : splitList(entry.value)) {
      if (each == "tlsv1.0" || each == "tlsv1.1" || each == "legacy")
        older = true;
      else
        modern += (modern.empty() ? "" : ",") + each;
    }
    if (older) note(entry, "TLS below 1.2 is not offered");
    return modern.empty() ? "secure" : modern;
  }

  void readListenPort(const IniEntry& entry) {
    if (const std::optional<uint16_t> port = readPort(entry.value))
      listen_port_ = *port;
    else
      tell(entry, doesNotFit("listen_port", "a whole number from 0 to 65535", Given{entry.value}));
  }

  void placeListeners() {
    config_.listen.postgres.clear();
    for (const std::string& each : listen_addr_)
      config_.listen.postgres.push_back({each == "*" ? "" : each, listen_port_});
    if (!socket_folder_.empty()) config_.listen.postgres.push_back({socket_folder_, listen_port_});
    given_.insert("postgres");
  }

  void addDefaults() {
    for (const Default& each : kPgbouncerDefaults) {
      if (!given_.insert(each.name).second) continue;
      const Status status =
          assign(*findSetting(globalSettings(), each.name), config_, Given{std::string(each.value)});
      assert(status.ok());
    }
  }

  void readEntry(const IniEntry& entry) {
    if (entry.section == "pgbouncer") return;
    if (entry.section != "databases" && entry.section != "users" && entry.section != "peers")
      return tell(entry, "[" + entry.section + "] must be databases, users, peers or pgbouncer");
    const auto pairs = splitConnectionString(entry.value);
    if (!pairs) return tell(entry, pairs.error());
    if (entry.section == "databases") readDatabase(entry, *pairs);
    if (entry.section == "users") readUser(entry, *pairs);
    if (entry.section == "peers") readPeer(entry, *pairs);
  }

  using Pairs = std::vector<std::pair<std::string, std::string>>;

  void readDatabase(const IniEntry& entry, const Pairs& pairs) {
    EntryReader<Database> reader(entry.key, "");
    bool host = false;
    for (const auto& [key, value] : pairs) {
      if (value == "-1") continue;  // PgBouncer's "not set"
      host = host || key == "host";
      const bool known = EntryReader<Database>::knows(key) && key != "url" && key != "hosts";
      const Status status = known ? reader.set(key, Given{value})
                                  : Status(Error{"'" + key + "' is not a setting of a database"});
      if (!status) return tell(entry, status.error());
    }
    if (!host) {  // over the Unix socket, which PgBouncer looks for where its own is
      const Status status = reader.set("host", Given{socket_folder_.empty() ? "localhost" : socket_folder_});
      assert(status.ok());
    }
    Result<Database> database = reader.finish();
    if (!database) return tell(entry, database.error());
    if (isConsoleDatabase(entry.key))
      return tell(entry, "the database name '" + entry.key + "' is reserved for the admin console");
    // PgBouncer asks no server for its role and spreads over all of them.
    if (database->hosts.size() > 1 && !database->target_session_attrs)
      database->target_session_attrs = TargetSessionAttrs::kAny;
    config_.postgres.databases[entry.key] = std::move(*database);
  }

  void readUser(const IniEntry& entry, const Pairs& pairs) {
    User& user = config_.postgres.users[entry.key];
    user.name = entry.key;
    readPairs(entry, pairs, userSettings(), "a setting of a user", user);
  }

  void readPeer(const IniEntry& entry, const Pairs& pairs) {
    const std::optional<int64_t> id = readWhole(Given{entry.key});
    if (!id || *id < 1 || *id > 127)
      return tell(entry, std::string("a peer's key must be its peer_id, from 1 to 127") + kFewerPeers);
    Peer peer{static_cast<uint32_t>(*id), {{}, kListenPort}, 0};
    readPairs(entry, pairs, peerSettings(), "a setting of a peer", peer);
    config_.postgres.peers.push_back(std::move(peer));
  }

  template <typename Owner>
  void readPairs(const IniEntry& entry, const Pairs& pairs, const std::vector<Setting<Owner>>& settings,
                 const std::string& what, Owner& owner) {
    for (const auto& [key, value] : pairs) {
      if (value == "-1") continue;
      const Setting<Owner>* setting = findSetting(settings, key);
      if (!setting) return tell(entry, std::string("'").append(key).append("' is not ").append(what));
      if (const Status status = assign(*setting, owner, Given{value}); !status)
        return tell(entry, status.error());
    }
  }

  std::string write() const {
    std::string out = "# Written by forebay import.\n";
    if (!notes_.empty()) out += "#\n# Left out, since it has no meaning here:\n";
    for (const std::string& each : notes_) out.append("#   ").append(each).append("\n");
    writeSection(Section::kListen, out);
    writeSection(Section::kPostgres, out);
    if (config_.postgres.databases.empty())
      out +=
          "\n# The file has no database; Forebay needs one to start:\n# [postgres.databases.NAME]\n# hosts = "
          "[\"HOST\"]\n";
    for (const auto& [name, database] : config_.postgres.databases)
      writeEntry("databases", name, databaseSettings(), database, out);
    for (const auto& [name, user] : config_.postgres.users)
      writeEntry("users", name, userSettings(), user, out);
    for (const Peer& peer : config_.postgres.peers)
      writeEntry("peers", std::to_string(peer.peer_id), peerSettings(), peer, out);
    writeSection(Section::kLog, out);
    return out;
  }

  void writeSection(Section section, std::string& out) const {
    std::string lines;
    for (const GlobalSetting& each : globalSettings()) {
      if (each.section != section || !given_.contains(each.name)) continue;
      lines.append(each.name).append(" = ").append(each.toml(config_).value_or("\"\"")).append("\n");
    }
    if (!lines.empty()) out.append("\n[").append(nameOf(section)).append("]\n").append(lines);
  }

  // Only what differs from an entry that says nothing.
  template <typename Owner>
  static void writeEntry(std::string_view group, const std::string& name,
                         const std::vector<Setting<Owner>>& settings, const Owner& owner, std::string& out) {
    static const Owner kSilent{};
    out.append("\n[postgres.").append(group).append(".").append(tomlKey(name)).append("]\n");
    for (const Setting<Owner>& each : settings)
      if (const auto value = each.toml(owner); value && value != each.toml(kSilent))
        out.append(each.name).append(" = ").append(*value).append("\n");
  }

  Config config_;
  std::set<std::string_view> given_;
  std::vector<std::string> notes_, listen_addr_;
  std::string socket_folder_{kDefaultSocketFolder};
  uint16_t listen_port_ = kListenPort;
  Problems problems_{""};
};

}  // namespace

Result<std::string> importPgbouncerIni(const std::string& ini_file, const Sources& sources) {
  const Result<std::vector<IniEntry>> entries = readIni(ini_file, sources);
  if (!entries) return Error{entries.error()};
  return IniImport().run(*entries);
}

}  // namespace forebay::conf
