#include "conf/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace forebay::conf {

namespace {

struct Unit {
  std::string_view suffix;
  Duration length;
};
using std::chrono::hours;
using std::chrono::minutes;
constexpr std::array kUnits = {Unit{"d", hours(24)}, Unit{"h", hours(1)}, Unit{"m", minutes(1)},
                               Unit{"s", seconds(1)}, Unit{"ms", milliseconds(1)}};
// Longer than any process lives, short enough that "now + duration" cannot overflow.
constexpr Duration kLongest = hours(24) * 36500;

std::optional<Duration> scaled(double count, Duration unit) {
  if (!(count >= 0) || count > static_cast<double>(kLongest / unit)) return std::nullopt;  // NaN fails, too
  return Duration(std::llround(count * static_cast<double>(unit.count())));
}

// A plain decimal number at the front of `text`, which is moved behind it. No sign, no exponent, no "inf".
std::optional<double> takeNumber(std::string_view& text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(next - text.data()));
  return number;
}

template <typename T>
std::optional<T> wholeText(std::string_view text, int base = 10) {
  T number = 0;
  const char* const end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc{} || next != end || text.empty()) return std::nullopt;
  return number;
}

std::string quoteKey(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (code < 0x20 || code == 0x7f) {
      out.append("\\u00").append({kHex[code >> 4], kHex[code & 15]});
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string formatNumber(double number) {
  std::array<char, 64> raw;
  const auto [end, error] =
      std::to_chars(raw.data(), raw.data() + raw.size(), number, std::chars_format::fixed);
  return error == std::errc{} ? std::string(raw.data(), end) : std::string("0");
}

}  // namespace

std::string textOf(const Given& given) {
  if (const auto* text = std::get_if<std::string>(&given.value)) return *text;
  if (const auto* flag = std::get_if<bool>(&given.value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<int64_t>(&given.value)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&given.value)) return formatNumber(*real);
  if (const auto* list = std::get_if<std::vector<std::string>>(&given.value)) return formatList(*list);
  std::string table;
  for (const auto& [name, value] : std::get<std::map<std::string, std::string>>(given.value))
    table.append(table.empty() ? "{ " : ", ").append(tomlKey(name)).append(" = ").append(value);
  return table.empty() ? "{}" : table + " }";
}

std::optional<bool> readFlag(const Given& given) {
  if (const auto* flag = std::get_if<bool>(&given.value)) return *flag;
  const std::string text = textOf(given);
  if (text == "1" || text == "true" || text == "on" || text == "yes") return true;
  if (text == "0" || text == "false" || text == "off" || text == "no") return false;
  return std::nullopt;
}

std::optional<int64_t> readWhole(const Given& given) {
  if (const auto* whole = std::get_if<int64_t>(&given.value)) return *whole;
  if (const auto* text = std::get_if<std::string>(&given.value)) return wholeText<int64_t>(trim(*text));
  return std::nullopt;
}

std::optional<uint64_t> readSize(const Given& given) {
  if (const auto* whole = std::get_if<int64_t>(&given.value)) {
    if (*whole < 0) return std::nullopt;
    return static_cast<uint64_t>(*whole);
  }
  const auto* text = std::get_if<std::string>(&given.value);
  if (!text) return std::nullopt;
  std::string_view digits = trim(*text);
  unsigned shift = 0;
  if (digits.ends_with("KiB")) shift = 10;
  if (digits.ends_with("MiB")) shift = 20;
  if (digits.ends_with("GiB")) shift = 30;
  if (shift != 0) digits.remove_suffix(3);
  if (shift == 0 && digits.ends_with("B")) digits.remove_suffix(1);
  const std::optional<uint64_t> count = wholeText<uint64_t>(digits);
  if (!count || *count > (std::numeric_limits<uint64_t>::max() >> shift)) return std::nullopt;
  return *count << shift;
}

std::optional<uint32_t> readOctal(const Given& given) {
  if (const auto* whole = std::get_if<int64_t>(&given.value)) {
    // 777 without quotes is a decimal number to TOML, and 01411 as a mode: nobody means that.
    if (!given.octal || *whole < 0 || *whole > 07777) return std::nullopt;
    return static_cast<uint32_t>(*whole);
  }
  const auto* text = std::get_if<std::string>(&given.value);
  if (!text) return std::nullopt;
  const std::optional<uint32_t> mode = wholeText<uint32_t>(trim(*text), 8);
  return mode && *mode <= 07777 ? mode : std::nullopt;
}

std::optional<Duration> readDuration(const Given& given, Duration unit) {
  if (const auto* whole = std::get_if<int64_t>(&given.value))
    return scaled(static_cast<double>(*whole), unit);
  if (const auto* real = std::get_if<double>(&given.value)) return scaled(*real, unit);
  const auto* text = std::get_if<std::string>(&given.value);
  if (!text) return std::nullopt;
  std::string_view rest = trim(*text);
  const std::optional<double> count = takeNumber(rest);
  if (!count) return std::nullopt;
  if (rest.empty()) return scaled(*count, unit);
  for (const Unit& each : kUnits)
    if (rest == each.suffix) return scaled(*count, each.length);
  return std::nullopt;
}

std::vector<std::string> readList(const Given& given) {
  if (const auto* list = std::get_if<std::vector<std::string>>(&given.value)) return *list;
  return splitList(textOf(given));
}

std::string formatSeconds(Duration value) {
  if (value % seconds(1) == Duration::zero())
    return std::to_string(std::chrono::duration_cast<seconds>(value).count());
  return formatNumber(std::chrono::duration<double>(value).count());
}

std::string formatDuration(Duration value) {
  if (value == Duration::zero()) return "0s";
  for (const Unit& unit : kUnits)
    if (value % unit.length == Duration::zero())
      return std::to_string(value / unit.length).append(unit.suffix);
  return formatSeconds(value).append("s");
}

std::string formatList(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& each : values) {
    if (!out.empty()) out += ", ";
    out += each;
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string> splitList(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = trim(text.substr(0, end));
    if (!part.empty()) out.emplace_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string quoteToml(std::string_view text) {
  std::string plain(text);
  for (size_t at = plain.find("${"); at != std::string::npos; at = plain.find("${", at + 3))
    plain.insert(at, 1, '$');  // "$${" reads as a plain "${"
  return quoteKey(plain);
}

std::string quoteToml(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& each : texts) {
    if (out.size() > 1) out += ", ";
    out += quoteToml(each);
  }
  return out += ']';
}

std::string tomlKey(std::string_view key) {
  constexpr std::string_view kBare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  if (!key.empty() && key.find_first_not_of(kBare) == std::string_view::npos) return std::string(key);
  return quoteKey(key);  // a key is taken as it stands: nothing in it is a reference
}

}  // namespace forebay::conf
