#include "conf/database_reader.h"

#include "conf/address.h"
#include "conf/assign.h"
#include "conf/settings.h"
#include "conf/url.h"

namespace forebay::conf {

namespace {

// PgBouncer's older name for one of them.
std::string_view currentName(std::string_view key) {
  return key == "reserve_pool" ? "reserve_pool_size" : key;
}

}  // namespace

bool DatabaseReader::knows(std::string_view key) {
  return key == "url" || key == "host" || key == "port" || findSetting(databaseSettings(), currentName(key));
}

std::vector<std::string_view> DatabaseReader::keys() {
  std::vector<std::string_view> names = namesOf(databaseSettings());
  names.insert(names.end(), {"url", "host", "port"});
  return names;
}

Status DatabaseReader::set(std::string_view key, const Given& given) {
  if (key == "url") return url_ = textOf(given), Ok{};
  if (key == "hosts") return hosts_ = given, Ok{};
  if (key == "host") return host_ = given, Ok{};
  if (key == "port") {
    const std::optional<uint16_t> port = readPort(textOf(given));
    if (!port || *port == 0) return Error{doesNotFit("port", "a whole number from 1 to 65535", given)};
    return port_ = port, Ok{};
  }
  const DatabaseSetting* setting = findSetting(databaseSettings(), currentName(key));
  assert(setting != nullptr);
  Database scratch;  // only to say at once, at the right place, that a value does not fit
  Status status = assign(*setting, scratch, given, folder_);
  if (status) others_.emplace_back(setting->name, given);
  return status;
}

Result<Database> DatabaseReader::finish() {
  Status status = Ok{};
  if (url_) status = applyUrl(*url_);
  if (status) status = applyHosts();
  if (!status) return Error{status.error()};
  for (const auto& [key, given] : others_) {
    status = assign(*findSetting(databaseSettings(), key), database_, given, folder_);
    assert(status.ok());
  }
  if (!database_.password.empty() && !database_.password_file.empty()) {
    if (!url_) return blamed_ = "password_file", Error{"password and password_file exclude each other"};
    database_.password.clear();  // the file overrides the URL
  }
  return std::move(database_);
}

Status DatabaseReader::applyUrl(const std::string& url) {
  blamed_ = "url";
  Result<DatabaseUrl> parsed = parseDatabaseUrl(url);
  if (!parsed) return Error{parsed.error()};
  if (!parsed->global.empty())
    return Error{"the URL sets " + parsed->global.begin()->first +
                 ", which holds for all servers: write it in [postgres]"};
  std::string name = std::move(database_.name);
  database_ = std::move(parsed->database);
  database_.name = std::move(name);
  return Ok{};
}

Status DatabaseReader::applyHosts() {
  if (hosts_ && host_) return blamed_ = "hosts", Error{"hosts and host say the same: write one of them"};
  const std::optional<Given>& given = hosts_ ? hosts_ : host_;
  if (!given) {
    if (port_ && database_.hosts.empty()) return blamed_ = "port", Error{"port needs host"};
    for (HostPort& each : database_.hosts) each.port = port_.value_or(each.port);
    return Ok{};
  }
  blamed_ = hosts_ ? "hosts" : "host";
  database_.hosts.clear();
  for (const std::string& each : readList(*given)) {
    const std::optional<HostPort> host = readHost(each, port_.value_or(kPostgresPort));
    if (!host)
      return Error{doesNotFit(blamed_, findSetting(databaseSettings(), "hosts")->expected, Given{each})};
    database_.hosts.push_back(*host);
  }
  return Ok{};
}

}  // namespace forebay::conf
