// What all URLs have in common: percent escapes, a login, parameters. Errors name the part that is wrong and
// never repeat it, since it may be a password.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace forebay::conf {

// `part` is named in the error.
Result<std::string> percentDecode(std::string_view text, std::string_view part);
Status decodeInto(std::string& out, std::string_view text, std::string_view part);

// Takes "user:password@" off the front of `authority`; what is not there leaves its target as it is.
Status takeLogin(std::string_view& authority, std::string& user, std::string& password);

// Calls `apply` for each "name=value" of what follows the '?', up to the first error.
Status forEachParameter(
    std::string_view text,
    const std::function<Status(const std::string& name, const std::string& value)>& apply);
Error badParameter(const std::string& name, const std::string& value);
Error unknownParameter(const std::string& name);

}  // namespace forebay::conf
