// What the console says when it does not show a table: each a whole answer, ReadyForQuery included.
#pragma once

#include <string>
#include <string_view>

#include "pgproto/error.h"

namespace forebay::admin::answer {

inline constexpr std::string_view kWrongState = "55000";    // object_not_in_prerequisite_state
inline constexpr std::string_view kWrongValue = "22023";    // invalid_parameter_value
inline constexpr std::string_view kConfigFailed = "F0000";  // config_file_error

std::string complete(std::string_view tag);
std::string complete(std::string_view tag, pgproto::ErrorReport notice);
std::string emptyQuery();
std::string error(std::string_view sqlstate, std::string message, std::string detail = "",
                  std::string hint = "");

}  // namespace forebay::admin::answer
