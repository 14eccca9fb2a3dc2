// Setting: everything that is known of one setting of an Owner, stated once.
//
// The tables in settings.h are made of these rows; the TOML reader, the ini import, SET, SHOW CONFIG, the
// report of changes and `forebay check` all work on the rows and know no setting by name.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "conf/kinds.h"

namespace forebay::conf {

enum class Section : uint8_t { kListen, kPostgres, kFailover, kState, kLog };

// What is special about a setting; most have none of these.
struct Traits {
  bool own = false;      // Forebay's own name, not one of PgBouncer's
  bool restart = false;  // taken at start only
  bool secret = false;   // never shown
  bool path = false;     // a relative file name is relative to the config file
  bool table = false;    // written as a table of names and values
  bool loaded = false;   // decides which files a Config is made of: changed by a reload, not by SET
};

template <typename Owner>
struct Setting {
  std::string_view name;
  Section section = Section::kPostgres;
  Traits traits;
  std::string expected;
  std::function<bool(Owner&, const Given&)> assign;              // false: it must be what `expected` says
  std::function<std::optional<std::string>(const Owner&)> show;  // nothing: not set
  std::function<std::optional<std::string>(const Owner&)> toml;
};

// One member of a struct inside the Owner.
template <typename Owner, typename Part, typename T>
auto in(Part Owner::*part, T Part::*member) {
  return [ part, member ](auto& owner) -> auto& { return owner.*part.*member; };
}
template <typename Owner, typename Part, typename Inner, typename T>
auto in(Part Owner::*part, Inner Part::*inner, T Inner::*member) {
  return [ part, inner, member ](auto& owner) -> auto& { return owner.*part.*inner.*member; };
}

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

// A row for the member that `access` leads to. A std::optional member is unset until it is given.
template <typename Owner, typename Access, typename Kind>
Setting<Owner> setting(std::string_view name, Access access, Kind kind, Traits traits = {},
                       Section section = Section::kPostgres) {
  using Member = std::remove_cvref_t<decltype(std::invoke(access, std::declval<Owner&>()))>;
  Setting<Owner> row{name, section, traits, kind.expected(), {}, {}, {}};
  if constexpr (IsOptional<Member>::value) {
    row.assign = [=](Owner& owner, const Given& given) {
      typename Member::value_type value{};
      if (!kind.read(given, value)) return false;
      std::invoke(access, owner) = std::move(value);
      return true;
    };
    row.show = [=](const Owner& owner) -> std::optional<std::string> {
      const Member& member = std::invoke(access, owner);
      return member ? std::optional(kind.show(*member)) : std::nullopt;
    };
    row.toml = [=](const Owner& owner) -> std::optional<std::string> {
      const Member& member = std::invoke(access, owner);
      return member ? std::optional(kind.toml(*member)) : std::nullopt;
    };
  } else {
    row.assign = [=](Owner& owner, const Given& given) {
      return kind.read(given, std::invoke(access, owner));
    };
    row.show = [=](const Owner& owner) { return std::optional(kind.show(std::invoke(access, owner))); };
    row.toml = [=](const Owner& owner) { return std::optional(kind.toml(std::invoke(access, owner))); };
  }
  return row;
}

// A row that counts as unset while its member is empty: a text, or a list.
template <typename Owner, typename Access, typename Kind>
Setting<Owner> unlessEmpty(std::string_view name, Access access, Kind kind, Traits traits = {},
                           Section section = Section::kPostgres) {
  Setting<Owner> row = setting<Owner>(name, access, kind, traits, section);
  row.show = [=](const Owner& owner) -> std::optional<std::string> {
    const auto& value = std::invoke(access, owner);
    return value.empty() ? std::nullopt : std::optional(kind.show(value));
  };
  row.toml = [=](const Owner& owner) -> std::optional<std::string> {
    const auto& value = std::invoke(access, owner);
    return value.empty() ? std::nullopt : std::optional(kind.toml(value));
  };
  return row;
}

}  // namespace forebay::conf
