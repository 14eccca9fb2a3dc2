#include "conf/expand.h"

namespace forebay::conf {

Result<std::string> expand(std::string_view text, const Environment& environment) {
  std::string out;
  while (!text.empty()) {
    const size_t at = text.find("${");
    if (at == std::string_view::npos) break;
    if (at > 0 && text[at - 1] == '$') {
      out.append(text.substr(0, at - 1)).append("${");
      text.remove_prefix(at + 2);
      continue;
    }
    out.append(text.substr(0, at));
    const size_t end = text.find('}', at);
    if (end == std::string_view::npos) return Error{"holds '${' without its '}' (write $${ for a plain ${)"};
    const std::string_view name = text.substr(at + 2, end - at - 2);
    const std::optional<std::string> value = environment ? environment(name) : std::nullopt;
    if (!value) return Error{"needs the environment variable '" + std::string(name) + "', which is not set"};
    out.append(*value);
    text.remove_prefix(end + 1);
  }
  return out.append(text);
}

}  // namespace forebay::conf
