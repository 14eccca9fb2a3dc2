#include "gateway/settings.h"

#include <algorithm>
#include <map>
#include <set>

#include "gateway/log_sink.h"
#include "pgproto/password.h"
#include "pgproto/startup.h"
#include "redisproto/acl.h"

namespace forebay {
namespace {

using Modes = std::set<conf::SslMode>;

// Every sslmode that some connection to a server may use: that of all, and those of single databases or
// caches.
template <typename Entry>
Modes modesOf(const conf::TlsSettings& all, const std::map<std::string, Entry>& entries) {
  Modes modes{all.sslmode};
  for (const auto& [name, entry] : entries)
    if (entry.server_tls_sslmode) modes.insert(*entry.server_tls_sslmode);
  if (modes.erase(conf::SslMode::kAllow) > 0) modes.insert(conf::SslMode::kRequire);  // what it falls back on
  modes.erase(conf::SslMode::kDisable);
  return modes;
}

// A complaint of net::TlsContext or openLogSink() begins with the setting: that is in `section` of the file,
// or has its default.
Error placed(const conf::Config& config, const std::string& section, const std::string& complaint) {
  const std::string setting = complaint.substr(0, complaint.find_first_of(" :"));
  const std::string place = config.placeOf(section + "." + setting);
  return Error{(place.empty() ? section + ": " : place) + complaint};
}

// Fills `client_tls` and `server_tls` of a gateway's settings, which are in that section of the file.
template <typename Part, typename Settings>
Status makeContexts(const conf::Config& config, const std::string& section, const Part& from,
                    const Modes& modes, std::string_view alpn, Settings& settings) {
  Result<net::TlsContext::Ptr> made = net::TlsContext::forClients(from.client_tls, alpn);
  if (!made) return placed(config, section, made.error());
  settings.client_tls = *made;
  for (const conf::SslMode mode : modes) {
    conf::TlsSettings wanted = from.server_tls;
    wanted.sslmode = mode;
    made = net::TlsContext::forServers(wanted, alpn);
    if (!made) return placed(config, section, made.error());
    settings.server_tls[mode] = *made;
  }
  return Ok{};
}

bool holdsPlainSecrets(const conf::Userlist& userlist) {
  const auto& all = userlist.secrets();
  return std::any_of(all.begin(), all.end(), [](const auto& entry) {
    return pgproto::secretKind(entry.second) == pgproto::SecretKind::kPlain;
  });
}

// Whether Redis' ACL rules of all users can be understood. What a server has of the commands that they name
// shows when it is asked.
Status checkRights(const conf::Config& config) {
  for (const auto& [cache, settings] : config.redis.caches)
    for (const auto& [name, user] : settings.users) {
      const redisproto::AclRules rules{user.commands, user.keys, user.channels};
      const auto acl = redisproto::Acl::make(rules, redisproto::CommandTable::builtIn());
      const std::string path = "redis.caches." + cache + ".users." + name;
      if (!acl) return Error{config.placeOf(path) + path + ": " + acl.error()};
    }
  return Ok{};
}

}  // namespace

Status checkLog(const conf::Config& config) {
  const Status checked = checkLogSink(config.log);
  return checked ? checked : placed(config, "log", checked.error());
}

Result<std::unique_ptr<Log>> openLog(const conf::Config& config) {
  Result<std::unique_ptr<Log>> log = Log::open(config.log);
  return log ? std::move(log) : placed(config, "log", log.error());
}

Result<postgres::SettingsPtr> makeSettings(conf::ConfigPtr config) {
  auto settings = std::make_shared<postgres::Settings>();
  const conf::PostgresSettings& from = config->postgres;
  const Status made = makeContexts(*config, "postgres", from, modesOf(from.server_tls, from.databases),
                                   pgproto::kAlpn, *settings);
  if (!made) return Error{made.error()};
  settings->plain_secrets = holdsPlainSecrets(config->userlist);
  settings->config = std::move(config);
  return postgres::SettingsPtr(std::move(settings));
}

Result<redis::SettingsPtr> makeRedisSettings(conf::ConfigPtr config) {
  auto settings = std::make_shared<redis::Settings>();
  const conf::RedisSettings& from = config->redis;
  Modes modes = modesOf(from.server_tls, from.caches);
  for (const auto& [name, cache] : from.caches)
    if (cache.sentinel_tls_sslmode.value_or(conf::SslMode::kDisable) != conf::SslMode::kDisable)
      modes.insert(*cache.sentinel_tls_sslmode);
  const Status made = makeContexts(*config, "redis", from, modes, {}, *settings);
  if (!made) return Error{made.error()};
  if (const Status rules = checkRights(*config); !rules) return Error{rules.error()};
  settings->config = std::move(config);
  return redis::SettingsPtr(std::move(settings));
}

}  // namespace forebay
