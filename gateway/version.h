// The version of this program, as CMakeLists.txt at the top has it.
#pragma once

#include <string_view>

namespace forebay {

inline constexpr std::string_view kVersion = FOREBAY_VERSION;

}  // namespace forebay
