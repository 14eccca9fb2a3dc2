// EntryReader gathers the settings of one database or cache and puts them together at the end, since where
// its servers are can be said in several ways: by hosts, by `host` and `port`, or by a `url` whose parts the
// other settings override.
#pragma once

#include <cassert>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "conf/assign.h"
#include "conf/config.h"
#include "conf/settings.h"
#include "conf/values.h"

namespace forebay::conf {

// What databases and caches differ in.
template <typename Entry>
struct EntryKind;

template <>
struct EntryKind<Database> {
  static const std::vector<DatabaseSetting>& settings() { return databaseSettings(); }
  static std::string_view currentName(std::string_view key);
  static Result<Database> fromUrl(const std::string& url);
  static constexpr std::string_view kHosts = "hosts";  // may be given as `host` too
  static std::span<HostPort> hostsOf(Database& database) { return database.hosts; }
  // Returns the text that names no host, if there is one.
  static std::optional<std::string> setHosts(Database& database, const Given& given,
                                             std::optional<uint16_t> port);
};

template <>
struct EntryKind<Cache> {
  static const std::vector<CacheSetting>& settings() { return cacheSettings(); }
  static std::string_view currentName(std::string_view key) { return key; }
  static Result<Cache> fromUrl(const std::string& url);
  static constexpr std::string_view kHosts = "host";
  static std::span<HostPort> hostsOf(Cache& cache) {
    return {&cache.host, cache.host.host.empty() ? size_t{0} : size_t{1}};
  }
  static std::optional<std::string> setHosts(Cache& cache, const Given& given, std::optional<uint16_t> port);
};

template <typename Entry>
class EntryReader {
  using Kind = EntryKind<Entry>;

 public:
  EntryReader(std::string name, std::string folder) : folder_(std::move(folder)) {
    entry_.name = std::move(name);
  }

  static bool knows(std::string_view key) {
    return key == "url" || key == "host" || key == "port" || rowOf(key) != nullptr;
  }
  static bool takesTable(std::string_view key) {
    const Setting<Entry>* setting = rowOf(key);
    return setting != nullptr && setting->traits.table;
  }
  static std::vector<std::string_view> keys() {
    std::vector<std::string_view> names = namesOf(Kind::settings());
    names.insert(names.end(), {"url", "host", "port"});
    return names;
  }

  // `key` must be known. An error is the value's: it does not fit the key.
  Status set(std::string_view key, const Given& given) {
    if (key == "url") return url_ = textOf(given), Ok{};
    if (key == "port") return setPort(given);
    if (key == Kind::kHosts) return hosts_ = given, Ok{};
    if (key == "host") return host_ = given, Ok{};
    const Setting<Entry>* setting = rowOf(key);
    assert(setting != nullptr);
    Entry scratch;  // only to say at once, at the right place, that a value does not fit
    Status status = assign(*setting, scratch, given, folder_);
    if (status) others_.emplace_back(setting, given);
    return status;
  }

  Result<Entry> finish() {
    Status status = Ok{};
    if (url_) status = applyUrl();
    if (status) status = applyHosts();
    if (!status) return Error{status.error()};
    for (const auto& [setting, given] : others_) {
      status = assign(*setting, entry_, given, folder_);
      assert(status.ok());
    }
    if (!entry_.password.empty() && !entry_.password_file.empty()) {
      if (!url_) return blamed_ = "password_file", Error{"password and password_file exclude each other"};
      entry_.password.clear();  // the file overrides the URL
    }
    return std::move(entry_);
  }

  // After an error of finish(): the key whose value is to blame.
  const std::string& blamed() const { return blamed_; }

 private:
  static const Setting<Entry>* rowOf(std::string_view key) {
    return findSetting(Kind::settings(), Kind::currentName(key));
  }

  Status setPort(const Given& given) {
    uint16_t port = 0;
    if (!Port{}.read(given, port)) return Error{doesNotFit("port", Port{}.expected(), given)};
    return port_ = port, Ok{};
  }

  Status applyUrl() {
    blamed_ = "url";
    Result<Entry> parsed = Kind::fromUrl(*url_);
    if (!parsed) return Error{parsed.error()};
    parsed->name = std::move(entry_.name);
    entry_ = std::move(*parsed);
    return Ok{};
  }

  Status applyHosts() {
    if (hosts_ && host_) return blamed_ = "hosts", Error{"hosts and host say the same: write one of them"};
    const std::optional<Given>& given = hosts_ ? hosts_ : host_;
    if (!given) {
      if (port_ && Kind::hostsOf(entry_).empty()) return blamed_ = "port", Error{"port needs host"};
      for (HostPort& each : Kind::hostsOf(entry_))
        if (each.port != 0) each.port = port_.value_or(each.port);
      return Ok{};
    }
    blamed_ = hosts_ ? Kind::kHosts : "host";
    const std::optional<std::string> wrong = Kind::setHosts(entry_, *given, port_);
    if (!wrong) return Ok{};
    return Error{doesNotFit(blamed_, rowOf(Kind::kHosts)->expected, Given{*wrong})};
  }

  std::string folder_, blamed_;
  Entry entry_;
  std::optional<std::string> url_;
  std::optional<Given> hosts_, host_;
  std::optional<uint16_t> port_;
  std::vector<std::pair<const Setting<Entry>*, Given>> others_;
};

}  // namespace forebay::conf
