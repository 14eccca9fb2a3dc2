// Small things about text that the console and the HTTP server both need.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace forebay::admin {

bool equalsIgnoringCase(std::string_view a, std::string_view b);  // ASCII letters
std::string upperCase(std::string_view text);
// Empty for the default WallTime.
std::string formatTime(WallTime at);       // "2026-11-21 10:45:34 UTC"
std::string formatMoment(WallTime at);     // "2026-11-21 10:45:34.056 UTC"
std::string formatIsoMoment(WallTime at);  // "2026-11-21T10:45:34.056Z"

}  // namespace forebay::admin
