// A world for loadConfig(): files and environment that exist only in the test.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "conf/load.h"

namespace forebay::conf {

struct World {
  std::map<std::string, std::string> files, environment;

  Sources sources() const {
    Sources out;
    out.environment = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = environment.find(std::string(name));
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    out.read_file = [this](const std::string& path) -> Result<std::string> {
      const auto found = files.find(path);
      if (found == files.end()) return Error{"No such file or directory"};
      return found->second;
    };
    return out;
  }

  Result<ConfigPtr> load() const { return loadConfig(sources()); }
};

// What a correct file needs at least, with `more` behind it in [postgres].
inline std::string postgresWith(const std::string& more) {
  return "[postgres]\nauth_type = \"trust\"\n" + more + "\n[postgres.databases.app]\nhost = \"pg\"\n";
}

// Loads `text` as forebay.toml.
inline Result<ConfigPtr> loadToml(const std::string& text) {
  return World{.files = {{"forebay.toml", text}}, .environment = {}}.load();
}

// The error of `text` as forebay.toml; "" when there is none.
inline std::string errorOf(const std::string& text) {
  const Result<ConfigPtr> loaded = loadToml(text);
  return loaded ? "" : loaded.error();
}

inline Result<ConfigPtr> loadUrl(const std::string& url) {
  return World{.files = {}, .environment = {{"DATABASE_URL", url}, {"USER", "ann"}}}.load();
}

}  // namespace forebay::conf
