#include "pools/parameters.h"

#include <algorithm>
#include <cassert>

namespace forebay::pools {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool nameLess(Bytes a, Bytes b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return lower(x) < lower(y); });
}

// What a server reports, or a client asks for at its login, may be a list written out as one text, such as a
// search_path. SET would take that for one name; set_config() reads it as it was written.
std::string setSql(const Parameter& wanted) {
  const bool may_be_list = !wanted.verbatim && wanted.value.find_first_of(",\"") != std::string::npos;
  if (may_be_list)
    return "SELECT pg_catalog.set_config(" + quoteLiteral(wanted.name) + "," + quoteLiteral(wanted.value) +
           ",false);";
  return "SET " + quoteIdentifier(wanted.name) + " TO " +
         (wanted.verbatim ? wanted.value : quoteLiteral(wanted.value)) + ";";
}

Bytes trimmed(Bytes text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool startsLike(Bytes word, Bytes beginning) {
  return word.size() >= beginning.size() && sameName(word.substr(0, beginning.size()), beginning);
}

// As the server reports it; empty: the word names none.
Bytes dateStyleNamed(Bytes word) {
  if (sameName(word, "ISO")) return "ISO";
  if (sameName(word, "SQL")) return "SQL";
  if (startsLike(word, "POSTGRES")) return "Postgres";
  return sameName(word, "GERMAN") ? "German" : "";
}

Bytes dateOrderNamed(Bytes word) {
  if (sameName(word, "YMD")) return "YMD";
  if (sameName(word, "DMY") || startsLike(word, "EURO")) return "DMY";
  return sameName(word, "MDY") || sameName(word, "US") || startsLike(word, "NONEURO") ? "MDY" : "";
}

std::string identityOf(const std::vector<Parameter>& entries) {
  std::string identity;
  for (const Parameter& entry : entries) {
    for (const char c : entry.name) identity += lower(c);
    identity += entry.verbatim ? '\1' : '\0';
    identity += entry.value;
    identity += '\0';
  }
  return identity;
}

}  // namespace

bool sameName(Bytes a, Bytes b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

const std::string* Parameters::find(Bytes name) const {
  const Parameter* found = entry(name);
  return found != nullptr ? &found->value : nullptr;
}

const Parameter* Parameters::entry(Bytes name) const {
  const auto at = std::lower_bound(entries.begin(), entries.end(), name,
                                   [](const Parameter& entry, Bytes n) { return nameLess(entry.name, n); });
  return at != entries.end() && sameName(at->name, name) ? &*at : nullptr;
}

ParameterTable::~ParameterTable() { assert(sets_.empty()); }

ParametersRef ParameterTable::intern(std::vector<Parameter> entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Parameter& a, const Parameter& b) { return nameLess(a.name, b.name); });
  std::vector<Parameter> unique;
  for (Parameter& entry : entries) {
    if (!unique.empty() && sameName(unique.back().name, entry.name)) {
      unique.back() = std::move(entry);
    } else {
      unique.push_back(std::move(entry));
    }
  }
  const auto [at, is_new] = sets_.try_emplace(identityOf(unique));
  if (is_new) {
    at->second.entries = std::move(unique);
    at->second.table = this;
    at->second.identity = at->first;
  }
  return ParametersRef(&at->second);
}

ParametersRef ParameterTable::with(const ParametersRef& base, Bytes name, Bytes value, bool verbatim) {
  const Parameter* current = base ? base->entry(name) : nullptr;
  if (current && current->value == value && current->verbatim == verbatim) return base;
  std::vector<Parameter> entries;
  if (base) entries = base->entries;
  entries.push_back({std::string(name), std::string(value), verbatim});
  return intern(std::move(entries));
}

ParametersRef ParameterTable::without(const ParametersRef& base, Bytes name) {
  if (!base || !base->find(name)) return base;
  std::vector<Parameter> entries = base->entries;
  std::erase_if(entries, [&](const Parameter& entry) { return sameName(entry.name, name); });
  return intern(std::move(entries));
}

void ParameterTable::forget(Parameters& parameters) { sets_.erase(std::string(parameters.identity)); }

std::string switchSql(const Parameters& from, const Parameters& to) {
  std::string sql;
  for (const Parameter& wanted : to.entries) {
    const Parameter* current = from.entry(wanted.name);
    if (current && current->value == wanted.value && current->verbatim == wanted.verbatim) continue;
    sql += setSql(wanted);
  }
  for (const Parameter& current : from.entries) {
    if (!to.find(current.name)) sql += "RESET " + quoteIdentifier(current.name) + ";";
  }
  return sql;
}

std::string wholeDateStyle(Bytes asked, Bytes current) {
  Bytes style, order;  // as far as they are asked for; the same twice is fine
  for (size_t at = 0; at <= asked.size();) {
    const size_t end = std::min(asked.find(',', at), asked.size());
    const Bytes word = trimmed(asked.substr(at, end - at));
    const Bytes named = dateStyleNamed(word), ordered = dateOrderNamed(word);
    const bool known = !named.empty() || !ordered.empty();
    const bool again = (!named.empty() && !style.empty() && style != named) ||
                       (!ordered.empty() && !order.empty() && order != ordered);
    if (!known || again) return std::string(asked);
    if (!named.empty()) style = named;
    if (!ordered.empty()) order = ordered;
    at = end + 1;
  }
  const size_t comma = current.find(", ");
  if (comma == Bytes::npos) return std::string(asked);
  if (order.empty()) order = style == "German" ? "DMY" : current.substr(comma + 2);
  if (style.empty()) style = current.substr(0, comma);
  return std::string(style).append(", ").append(order);
}

std::string quoteLiteral(Bytes text) {
  const bool escaped = text.find('\\') != Bytes::npos;
  std::string out = escaped ? "E'" : "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out + "'";
}

std::string quoteIdentifier(Bytes name) {
  std::string out;
  Bytes rest = name;
  // The dot of a custom parameter such as myapp.tenant stays outside the quotes.
  for (;;) {
    const size_t dot = rest.find('.');
    out += '"';
    for (const char c : rest.substr(0, dot)) {
      if (c == '"') out += c;
      out += c;
    }
    out += '"';
    if (dot == Bytes::npos) return out;
    out += '.';
    rest = rest.substr(dot + 1);
  }
}

}  // namespace forebay::pools
