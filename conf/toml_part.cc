#include "conf/toml_part.h"

#include "base/nearest.h"

namespace forebay::conf {

Place placeOf(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

void TomlPart::unknown(const toml::key& key, std::string_view what, const Names& known) {
  const std::optional<std::string_view> guess = nearest(key, known);
  tell(key,
       "'" + text(key) + "' is not " + text(what) + (guess ? "; did you mean '" + text(*guess) + "'?" : ""));
}

bool TomlPart::refuseLater(const toml::key& key, const Names& later) {
  if (std::find(later.begin(), later.end(), key.str()) == later.end()) return false;
  tell(key, text(key) + ": not part of this version yet");
  return true;
}

const toml::table* TomlPart::tableOf(const toml::key& key, const toml::node& node) {
  if (!node.is_table())
    problems_.add(placeOf(node.source()), text(key) + " must be a table, [" + text(key) + "]");
  return node.as_table();
}

std::optional<Given> TomlPart::take(std::string_view name, const std::string& path, const toml::node& node,
                                    std::string_view expected) {
  problems_.remember(path, placeOf(node.source()));
  const toml::array* array = node.as_array();
  if (!array) return scalar(name, node, expected);
  std::vector<std::string> list;
  for (const toml::node& element : *array) {
    const std::optional<Given> one = scalar(name, element, expected);
    if (!one) return std::nullopt;
    list.push_back(textOf(*one));
  }
  return Given{std::move(list)};
}

std::optional<Given> TomlPart::takeTable(const std::string& path, const toml::key& key,
                                         const toml::table& table) {
  problems_.remember(path, placeOf(table.source()));
  std::optional<Given> given(std::in_place);
  auto& values = given->value.emplace<std::map<std::string, std::string>>();
  for (const auto& [name, node] : table) {
    const std::optional<Given> value =
        take(text(key) + "." + text(name), path + "." + text(name), node, "a single value");
    if (!value) return std::nullopt;
    values[text(name)] = textOf(*value);
  }
  return given;
}

std::optional<Given> TomlPart::scalar(std::string_view name, const toml::node& node,
                                      std::string_view expected) {
  if (const auto* whole = node.as_integer())
    return Given{whole->get(), whole->flags() == toml::value_flags::format_as_octal};
  if (const auto* real = node.as_floating_point()) return Given{real->get()};
  if (const auto* flag = node.as_boolean()) return Given{flag->get()};
  const Place place = placeOf(node.source());
  if (const auto* string = node.as_string()) {
    Result<std::string> expanded = expand(string->get(), environment_);
    if (expanded) return Given{std::move(*expanded)};
    problems_.add(place, text(name) + " " + expanded.error());
    return std::nullopt;
  }
  const std::string_view what = node.is_table() ? "a table" : node.is_array() ? "a list" : "a date";
  problems_.add(place, text(name) + " must be " + text(expected) + ", not " + text(what));
  return std::nullopt;
}

}  // namespace forebay::conf
