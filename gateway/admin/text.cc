#include "gateway/admin/text.h"

#include <algorithm>
#include <ctime>

namespace forebay::admin {
namespace {

std::string formatAs(WallTime at, const char* format) {
  const std::time_t seconds_since = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  gmtime_r(&seconds_since, &parts);
  char out[32];
  return std::string(out, std::strftime(out, sizeof out, format, &parts));
}

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// `format` is strftime's, for what stands before the milliseconds.
std::string withMillis(WallTime at, const char* format, std::string_view zone) {
  if (at == WallTime{}) return "";
  const auto whole = std::chrono::floor<seconds>(at);
  const auto millis = std::chrono::floor<milliseconds>(at - whole).count();
  std::string fraction = std::to_string(1000 + millis);
  fraction.front() = '.';
  return formatAs(whole, format) + fraction + std::string(zone);
}

}  // namespace

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return upper(x) == upper(y); });
}

std::string upperCase(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), upper);
  return out;
}

std::string formatTime(WallTime at) { return at == WallTime{} ? "" : formatAs(at, "%Y-%m-%d %H:%M:%S UTC"); }
std::string formatMoment(WallTime at) { return withMillis(at, "%Y-%m-%d %H:%M:%S", " UTC"); }
std::string formatIsoMoment(WallTime at) { return withMillis(at, "%Y-%m-%dT%H:%M:%S", "Z"); }

}  // namespace forebay::admin
