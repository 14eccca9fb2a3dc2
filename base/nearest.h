// The word that somebody probably meant.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace forebay {

// The known word with the fewest slips (a letter wrong, missing, extra, or two swapped) from `written`;
// nothing when even that one is too far off to be a slip.
std::optional<std::string_view> nearest(std::string_view written, const std::vector<std::string_view>& known);

}  // namespace forebay
