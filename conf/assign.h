// Giving a setting its value, with the error that a person needs when it does not fit.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "conf/settings.h"

namespace forebay::conf {

// `file` relative to `folder`; unchanged when it is absolute, empty, or `folder` is empty.
std::string relativeTo(std::string_view folder, const std::string& file);
std::string folderOf(std::string_view file);  // "" when `file` names none

// "pool_size must be a whole number above 0, not 'many'"; the value of a secret is left out.
std::string doesNotFit(std::string_view name, std::string_view expected, const Given& given,
                       bool secret = false);

template <typename Owner>
Status assign(const Setting<Owner>& setting, Owner& owner, const Given& given, std::string_view folder = {}) {
  Given value = given;
  if (auto* file = std::get_if<std::string>(&value.value); file && setting.traits.path)
    *file = relativeTo(folder, *file);
  if (setting.assign(owner, value)) return Ok{};
  return Error{doesNotFit(setting.name, setting.expected, given, setting.traits.secret)};
}

}  // namespace forebay::conf
