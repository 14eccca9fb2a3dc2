// All settings in force, as JSON: for programs, what effectiveToml() is for people.
#include <toml++/toml.h>

#include <sstream>

#include "conf/expand.h"
#include "conf/load.h"

namespace forebay::conf {

namespace {

// In TOML a plain "${" is written "$${", in JSON it is not.
void unescape(toml::node& node) {
  if (toml::table* table = node.as_table()) {
    for (auto&& [key, value] : *table) unescape(value);
  } else if (toml::array* array = node.as_array()) {
    for (toml::node& element : *array) unescape(element);
  } else if (toml::value<std::string>* string = node.as_string()) {
    if (Result<std::string> plain = expand(string->get(), {})) string->get() = std::move(*plain);
  }
}

}  // namespace

Result<std::string> effectiveJson(const Config& config) {
  try {
    toml::table root = toml::parse(effectiveToml(config));
    unescape(root);
    std::ostringstream out;
    out << toml::json_formatter(root) << "\n";
    return out.str();
  } catch (const toml::parse_error& error) {  // such as for a name that is not UTF-8, which a URL may bring
    return Error{"the settings cannot be written as JSON: " + std::string(error.description())};
  }
}

}  // namespace forebay::conf
