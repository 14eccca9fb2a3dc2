#include "conf/pattern.h"

#include <regex>

namespace forebay::conf {

namespace {

constexpr size_t kLongestName = 63;  // NAMEDATALEN - 1

std::optional<std::regex> compile(std::string_view pattern) {
  try {
    return std::regex(pattern.begin(), pattern.end(), std::regex::extended);
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

}  // namespace

bool validPattern(std::string_view pattern) { return compile(pattern).has_value(); }

std::optional<std::string> searchPattern(std::string_view pattern, std::string_view text) {
  if (text.size() > kLongestName) return std::nullopt;
  const std::optional<std::regex> regex = compile(pattern);
  if (!regex) return std::nullopt;
  try {
    std::match_results<std::string_view::const_iterator> found;
    if (!std::regex_search(text.begin(), text.end(), found, *regex)) return std::nullopt;
    return found.size() > 1 ? found[1].str() : std::string();
  } catch (const std::regex_error&) {  // too complex to finish: no match, and so no way in
    return std::nullopt;
  }
}

}  // namespace forebay::conf
