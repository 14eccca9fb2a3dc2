// ${NAME} in a value stands for an environment variable; $${ is a plain ${. Nothing else is special.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace forebay::conf {

using Environment = std::function<std::optional<std::string>(std::string_view)>;

// Done on values that are parsed already, so what a variable holds can never become syntax. An unset variable
// is an error: a password that is silently empty helps nobody.
Result<std::string> expand(std::string_view text, const Environment& environment);

}  // namespace forebay::conf
