#include "gateway/admin/text.h"

#include <algorithm>
#include <ctime>

namespace forebay::admin {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

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

std::string formatTime(WallTime at) {
  if (at == WallTime{}) return "";
  const std::time_t seconds_since = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  gmtime_r(&seconds_since, &parts);
  char out[32];
  return std::string(out, std::strftime(out, sizeof out, "%Y-%m-%d %H:%M:%S UTC", &parts));
}

}  // namespace forebay::admin
