// DatabaseReader gathers one database's settings and puts them together at the end, since where its servers
// are can be said in several ways: `hosts`, `host` and `port`, or a `url` whose parts the other settings
// override.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "conf/config.h"
#include "conf/values.h"

namespace forebay::conf {

class DatabaseReader {
 public:
  DatabaseReader(std::string name, std::string folder) : folder_(std::move(folder)) {
    database_.name = std::move(name);
  }

  static bool knows(std::string_view key);
  static std::vector<std::string_view> keys();

  // `key` must be known. An error is the value's: it does not fit the key.
  Status set(std::string_view key, const Given& given);
  Result<Database> finish();
  // After an error of finish(): the key whose value is to blame.
  const std::string& blamed() const { return blamed_; }

 private:
  Status applyUrl(const std::string& url);
  Status applyHosts();

  std::string folder_, blamed_;
  Database database_;
  std::optional<std::string> url_;
  std::optional<Given> hosts_, host_;
  std::optional<uint16_t> port_;
  std::vector<std::pair<std::string, Given>> others_;
};

}  // namespace forebay::conf
