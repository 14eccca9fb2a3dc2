#include "gateway/settings.h"

#include <algorithm>
#include <map>
#include <set>

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

// Fills `client_tls` and `server_tls` of a gateway's settings. `part` stands in front of the errors.
template <typename Settings>
Status makeContexts(const conf::TlsSettings& client, const conf::TlsSettings& server, const Modes& modes,
                    std::string_view alpn, const std::string& part, Settings& settings) {
  Result<net::TlsContext::Ptr> made = net::TlsContext::forClients(client, alpn);
  if (!made) return Error{part + "client_tls: " + made.error()};
  settings.client_tls = *made;
  for (const conf::SslMode mode : modes) {
    conf::TlsSettings wanted = server;
    wanted.sslmode = mode;
    made = net::TlsContext::forServers(wanted, alpn);
    if (!made) return Error{part + "server_tls: " + made.error()};
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
Status checkRights(const conf::RedisSettings& redis) {
  for (const auto& [cache, settings] : redis.caches)
    for (const auto& [name, user] : settings.users) {
      const redisproto::AclRules rules{user.commands, user.keys, user.channels};
      const auto acl = redisproto::Acl::make(rules, redisproto::CommandTable::builtIn());
      if (!acl) return Error{"redis.caches." + cache + ".users." + name + ": " + acl.error()};
    }
  return Ok{};
}

}  // namespace

Result<postgres::SettingsPtr> makeSettings(conf::ConfigPtr config) {
  auto settings = std::make_shared<postgres::Settings>();
  const conf::PostgresSettings& from = config->postgres;
  const Status made = makeContexts(from.client_tls, from.server_tls, modesOf(from.server_tls, from.databases),
                                   pgproto::kAlpn, "", *settings);
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
  const Status made = makeContexts(from.client_tls, from.server_tls, modes, {}, "redis: ", *settings);
  if (!made) return Error{made.error()};
  if (const Status rules = checkRights(from); !rules) return Error{rules.error()};
  settings->config = std::move(config);
  return redis::SettingsPtr(std::move(settings));
}

}  // namespace forebay
