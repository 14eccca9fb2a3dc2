#include "gateway/settings.h"

#include <algorithm>
#include <set>

#include "pgproto/password.h"
#include "pgproto/startup.h"

namespace forebay {
namespace {

// Every sslmode that some connection to a server may use.
std::set<conf::SslMode> modesOf(const conf::PostgresSettings& postgres) {
  std::set<conf::SslMode> modes{postgres.server_tls.sslmode};
  for (const auto& [name, database] : postgres.databases)
    if (database.server_tls_sslmode) modes.insert(*database.server_tls_sslmode);
  if (modes.erase(conf::SslMode::kAllow) > 0) modes.insert(conf::SslMode::kRequire);  // what it falls back on
  modes.erase(conf::SslMode::kDisable);
  return modes;
}

bool holdsPlainSecrets(const conf::Userlist& userlist) {
  const auto& all = userlist.secrets();
  return std::any_of(all.begin(), all.end(), [](const auto& entry) {
    return pgproto::secretKind(entry.second) == pgproto::SecretKind::kPlain;
  });
}

}  // namespace

Result<postgres::SettingsPtr> makeSettings(conf::ConfigPtr config) {
  auto settings = std::make_shared<postgres::Settings>();
  Result<net::TlsContext::Ptr> client =
      net::TlsContext::forClients(config->postgres.client_tls, pgproto::kAlpn);
  if (!client) return Error{"client_tls: " + client.error()};
  settings->client_tls = *client;
  for (const conf::SslMode mode : modesOf(config->postgres)) {
    conf::TlsSettings wanted = config->postgres.server_tls;
    wanted.sslmode = mode;
    Result<net::TlsContext::Ptr> server = net::TlsContext::forServers(wanted, pgproto::kAlpn);
    if (!server) return Error{"server_tls: " + server.error()};
    settings->server_tls[mode] = *server;
  }
  settings->plain_secrets = holdsPlainSecrets(config->userlist);
  settings->config = std::move(config);
  return postgres::SettingsPtr(std::move(settings));
}

}  // namespace forebay
