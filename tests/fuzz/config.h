// What the targets of conf/ share: a file system of one file, and what holds for every error.
#pragma once

#include <string>
#include <string_view>

#include "conf/load.h"
#include "tests/fuzz/fuzz.h"

namespace forebay::fuzz {

// The file is `name` and holds `text`; every other file is there and empty. Each variable holds its own name.
inline conf::Sources onlyFile(const std::string& name, const std::string& text) {
  conf::Sources sources;
  sources.config_file = name;
  sources.environment = [](std::string_view variable) { return std::string(variable); };
  sources.read_file = [name, text](const std::string& file) {
    return Result<std::string>(file == name ? text : "");
  };
  return sources;
}

inline void requirePlace(const std::string& error, std::string_view origin) {
  require(error.starts_with(origin), "an error names its place");
  require(error.size() > origin.size() + 2, "and says what is wrong there");
}

}  // namespace forebay::fuzz
