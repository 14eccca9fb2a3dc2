#include "conf/entry_reader.h"

#include "conf/address.h"
#include "conf/cache_url.h"
#include "conf/url.h"

namespace forebay::conf {

// PgBouncer's older name for one of them.
std::string_view EntryKind<Database>::currentName(std::string_view key) {
  return key == "reserve_pool" ? "reserve_pool_size" : key;
}

Result<Database> EntryKind<Database>::fromUrl(const std::string& url) {
  Result<DatabaseUrl> parsed = parseDatabaseUrl(url);
  if (!parsed) return Error{parsed.error()};
  if (!parsed->global.empty())
    return Error{"the URL sets " + parsed->global.begin()->first +
                 ", which holds for all servers: write it in [postgres]"};
  return std::move(parsed->database);
}

std::optional<std::string> EntryKind<Database>::setHosts(Database& database, const Given& given,
                                                         std::optional<uint16_t> port) {
  database.hosts.clear();
  for (const std::string& each : readList(given)) {
    const std::optional<HostPort> host = readHost(each, port.value_or(kPostgresPort));
    if (!host) return each;
    database.hosts.push_back(*host);
  }
  return std::nullopt;
}

Result<Cache> EntryKind<Cache>::fromUrl(const std::string& url) { return parseCacheUrl(url); }

std::optional<std::string> EntryKind<Cache>::setHosts(Cache& cache, const Given& given,
                                                      std::optional<uint16_t> port) {
  const std::optional<HostPort> host = readRedisHost(textOf(given), port.value_or(kRedisPort));
  if (!host) return textOf(given);
  cache.host = *host;
  return std::nullopt;
}

}  // namespace forebay::conf
