// Kinds: how the value of a setting is read, shown and written, one small type per type of value.
//
// read() fills `out` or leaves it alone and returns false; then "NAME must be " + expected() says what was
// wanted. show() is the text that SHOW CONFIG prints and SET takes; toml() is a TOML literal that reads back
// the same.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "conf/address.h"
#include "conf/names.h"
#include "conf/values.h"

namespace forebay::conf {

struct Flag {
  bool any_number = false;  // as in PgBouncer, where all but 0 mean true

  std::string expected() const { return "true or false"; }
  bool read(const Given& given, bool& out) const {
    std::optional<bool> flag = readFlag(given);
    const std::optional<int64_t> number = any_number ? readWhole(given) : std::nullopt;
    if (number) flag = *number != 0;
    if (flag) out = *flag;
    return flag.has_value();
  }
  std::string show(bool value) const { return value ? "1" : "0"; }
  std::string toml(bool value) const { return value ? "true" : "false"; }
};

// A whole number in a range; also a number of bytes, when `size`.
struct Count {
  uint32_t min = 0;
  uint32_t max = std::numeric_limits<int32_t>::max();
  bool size = false;

  std::string expected() const {
    const std::string what = size ? "a size such as \"64MiB\" or a number of bytes" : "a whole number";
    if (max != std::numeric_limits<int32_t>::max() || min > 1)
      return what + " from " + std::to_string(min) + " to " + std::to_string(max);
    return what + (min == 0 ? ", 0 or above" : " above 0");
  }
  bool read(const Given& given, uint32_t& out) const {
    const std::optional<int64_t> number = size ? bytes(given) : readWhole(given);
    if (!number || *number < min || *number > max) return false;
    out = static_cast<uint32_t>(*number);
    return true;
  }
  std::string show(uint32_t value) const { return std::to_string(value); }
  std::string toml(uint32_t value) const { return std::to_string(value); }

 private:
  static std::optional<int64_t> bytes(const Given& given) {
    const std::optional<uint64_t> count = readSize(given);
    if (!count || *count > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
    return static_cast<int64_t>(*count);
  }
};

inline constexpr Count kPositive{.min = 1};

// A number of bytes that may be more than a Count holds.
struct Bytes {
  uint64_t min = 0;

  std::string expected() const {
    return std::string("a size such as \"64MiB\" or a number of bytes") +
           (min == 0 ? "" : ", at least " + std::to_string(min));
  }
  bool read(const Given& given, uint64_t& out) const {
    const std::optional<uint64_t> size = readSize(given);
    if (!size || *size < min || *size > std::numeric_limits<int64_t>::max()) return false;
    out = *size;
    return true;
  }
  std::string show(uint64_t value) const { return std::to_string(value); }
  std::string toml(uint64_t value) const { return std::to_string(value); }
};

struct Port {
  std::string expected() const { return "a whole number from 1 to 65535"; }
  bool read(const Given& given, uint16_t& out) const {
    const std::optional<uint16_t> port = readPort(textOf(given));
    if (!port || *port == 0) return false;
    out = *port;
    return true;
  }
  std::string show(uint16_t value) const { return std::to_string(value); }
  std::string toml(uint16_t value) const { return std::to_string(value); }
};

struct Time {
  std::string expected() const {
    return "a duration such as \"250ms\", \"10s\" or \"5m\", or a number of seconds";
  }
  bool read(const Given& given, Duration& out) const {
    const std::optional<Duration> duration = readDuration(given);
    if (duration) out = *duration;
    return duration.has_value();
  }
  std::string show(Duration value) const { return formatSeconds(value); }
  std::string toml(Duration value) const { return quoteToml(formatDuration(value)); }
};

// PgBouncer counts one setting in milliseconds; a unit may be written all the same.
struct Millis {
  std::string expected() const { return "a duration such as \"30s\", or a number of milliseconds"; }
  bool read(const Given& given, milliseconds& out) const {
    const std::optional<Duration> duration = readDuration(given, milliseconds(1));
    if (duration) out = std::chrono::duration_cast<milliseconds>(*duration);
    return duration.has_value();
  }
  std::string show(milliseconds value) const { return std::to_string(value.count()); }
  std::string toml(milliseconds value) const { return quoteToml(formatDuration(value)); }
};

// Redis counts one setting in microseconds; a unit may be written all the same.
struct Micros {
  std::string expected() const { return "a duration such as \"10ms\", or a number of microseconds"; }
  bool read(const Given& given, Duration& out) const {
    const std::optional<Duration> duration = readDuration(given, std::chrono::microseconds(1));
    if (duration) out = *duration;
    return duration.has_value();
  }
  std::string show(Duration value) const {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(value).count());
  }
  std::string toml(Duration value) const { return quoteToml(formatDuration(value)); }
};

struct Text {
  std::string expected() const { return "a text"; }
  bool read(const Given& given, std::string& out) const {
    if (std::holds_alternative<std::vector<std::string>>(given.value)) return false;
    std::string text = textOf(given);
    if (text.find('\0') != std::string::npos)
      return false;  // each ends up in a C string or a protocol String
    out = std::move(text);
    return true;
  }
  std::string show(const std::string& value) const { return value; }
  std::string toml(const std::string& value) const { return quoteToml(value); }
};

// A text whose absence means something else than an empty one would: a variable that is set but empty must
// not open a door.
struct Secret : Text {
  std::string expected() const { return "a text that is not empty"; }
  bool read(const Given& given, std::string& out) const {
    return !textOf(given).empty() && Text::read(given, out);
  }
};

struct List {
  std::string expected() const { return "a list of names"; }
  bool read(const Given& given, std::vector<std::string>& out) const {
    out = readList(given);
    return true;
  }
  std::string show(const std::vector<std::string>& value) const { return formatList(value); }
  std::string toml(const std::vector<std::string>& value) const { return quoteToml(value); }
};

template <typename E, size_t N>
struct Choice {
  const std::array<Named<E>, N>& names;

  std::string expected() const {
    std::string out;
    for (size_t i = 0; i < N; ++i) {
      if (i > 0) out += i + 1 == N ? " or " : ", ";
      out += names[i].name;
    }
    return out;
  }
  bool read(const Given& given, E& out) const {
    const std::string text = textOf(given);
    for (const Named<E>& each : names) {
      if (each.name != text) continue;
      out = each.value;
      return true;
    }
    return false;
  }
  std::string show(E value) const { return std::string(nameIn(names, value)); }
  std::string toml(E value) const { return quoteToml(nameIn(names, value)); }
};
template <typename E, size_t N>
Choice(const std::array<Named<E>, N>&) -> Choice<E, N>;

struct FileMode {
  std::string expected() const { return "a file mode such as \"0770\""; }
  bool read(const Given& given, uint32_t& out) const {
    const std::optional<uint32_t> mode = readOctal(given);
    if (mode) out = *mode;
    return mode.has_value();
  }
  std::string show(uint32_t value) const {
    std::string out = "0";
    for (int shift = 6; shift >= 0; shift -= 3) out += static_cast<char>('0' + ((value >> shift) & 7));
    return value > 0777 ? "0" + std::to_string(value >> 9) + out.substr(1) : out;
  }
  std::string toml(uint32_t value) const { return quoteToml(show(value)); }
};

// Every element of a list read by the same function.
template <typename T>
struct ListOf {
  std::optional<T> (*read_one)(std::string_view);
  std::string_view what;

  std::string expected() const { return std::string(what); }
  bool read(const Given& given, std::vector<T>& out) const {
    std::vector<T> all;
    for (const std::string& each : readList(given)) {
      std::optional<T> one = read_one(each);
      if (!one) return false;
      all.push_back(std::move(*one));
    }
    out = std::move(all);
    return true;
  }
  static std::vector<std::string> texts(const std::vector<T>& values) {
    std::vector<std::string> out;
    for (const T& each : values) out.push_back(format(each));
    return out;
  }
  std::string show(const std::vector<T>& value) const { return formatList(texts(value)); }
  std::string toml(const std::vector<T>& value) const { return quoteToml(texts(value)); }
};

// The weights of hosts among each other.
struct Weights {
  static constexpr Count kWeight{.min = 0, .max = 1000};

  std::string expected() const {
    return R"(a table of hosts and whole numbers from 0 to 1000 such as { "pg-0:5432" = 3 })";
  }
  bool read(const Given& given, std::vector<HostWeight>& out) const {
    const auto* table = std::get_if<std::map<std::string, std::string>>(&given.value);
    if (!table) return false;
    std::vector<HostWeight> all;
    for (const auto& [name, text] : *table) {
      const std::optional<HostPort> host = readHost(name, 0);
      uint32_t weight = 0;
      if (!host || !kWeight.read(Given{text}, weight)) return false;
      all.push_back({*host, weight});
    }
    out = std::move(all);
    return true;
  }
  // As it is written in the table.
  static std::string nameOf(const HostPort& host) { return host.port == 0 ? host.host : format(host); }
  std::string show(const std::vector<HostWeight>& value) const {
    std::string out;
    for (const HostWeight& each : value)
      out.append(out.empty() ? "" : ", ")
          .append(nameOf(each.host))
          .append(" = ")
          .append(std::to_string(each.weight));
    return out;
  }
  std::string toml(const std::vector<HostWeight>& value) const {
    std::string out = "{ ";
    for (const HostWeight& each : value)
      out.append(out.size() == 2 ? "" : ", ")
          .append(tomlKey(nameOf(each.host)))
          .append(" = ")
          .append(std::to_string(each.weight));
    return out + " }";
  }
};

}  // namespace forebay::conf
