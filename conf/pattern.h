// Regular expressions of HBA and ident files: std::regex with its exceptions turned into values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace forebay::conf {

bool validPattern(std::string_view pattern);

// The text of the first group (empty when there is none) if `pattern` is found in `text`, which is no longer
// than a PostgreSQL name can be; a longer text matches nothing, so a stranger cannot make the search costly.
std::optional<std::string> searchPattern(std::string_view pattern, std::string_view text);

}  // namespace forebay::conf
