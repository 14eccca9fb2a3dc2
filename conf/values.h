// Values: the small texts that settings are made of, read strictly and written back so that they read the
// same.
//
// A reader takes the whole text or nothing: "10 s", "1e3" or "5x" are refused, never half understood.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace forebay::conf {

// Given: a value as it was written, before it is known what it should be. TOML brings every kind; a URL, an
// ini file and the console's SET bring strings only, so each reader below takes both. A table comes only to a
// setting that takes one.
struct Given {
  std::variant<std::string, bool, int64_t, double, std::vector<std::string>,
               std::map<std::string, std::string>>
      value;
  bool octal = false;  // a number that TOML has as 0o770
};

// As one would type it, for "not '...'" in an error.
std::string textOf(const Given& given);

std::optional<bool> readFlag(const Given& given);       // true, false, 1, 0, on, off, yes, no
std::optional<int64_t> readWhole(const Given& given);   // decimal, no sign but '-'
std::optional<uint64_t> readSize(const Given& given);   // bytes, or a whole number of B, KiB, MiB, GiB
std::optional<uint32_t> readOctal(const Given& given);  // "0770"; a bare number only as 0o770
// "250ms" "10s" "5m" "1h" "30d", or a bare number of `unit`, fractions included. Never negative.
std::optional<Duration> readDuration(const Given& given, Duration unit = seconds(1));
// An array, or names between commas; empty names are left out.
std::vector<std::string> readList(const Given& given);

std::string formatSeconds(Duration value);   // "15", "0.25": as PgBouncer shows times
std::string formatDuration(Duration value);  // "15s", "250ms", "1h": the largest unit that leaves no rest
std::string formatList(const std::vector<std::string>& values);  // "a, b"

std::string_view trim(std::string_view text);
std::vector<std::string> splitList(std::string_view text, char separator = ',');

// A TOML basic string that reads back as `text`, also where `text` looks like a reference ("${...}").
std::string quoteToml(std::string_view text);
std::string quoteToml(const std::vector<std::string>& texts);
// A TOML key: bare where TOML allows it, else quoted.
std::string tomlKey(std::string_view key);

}  // namespace forebay::conf
