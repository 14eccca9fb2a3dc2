#include "conf/hba.h"

#include <algorithm>
#include <regex>

#include "conf/pattern.h"

namespace forebay::conf {

namespace {

bool matches(const HbaName& name, std::string_view text, const HbaQuery& query) {
  switch (name.kind) {
    case HbaName::Kind::kAll: return true;
    case HbaName::Kind::kLiteral: return name.text == text;
    case HbaName::Kind::kSameUser: return query.database == query.user;
    case HbaName::Kind::kReplication:
      return false;  // as a user's name it is not special; see matchesDatabase()
    case HbaName::Kind::kRegex: return searchPattern(name.text, text).has_value();
  }
  return false;
}

bool matchesDatabase(const HbaRule& rule, const HbaQuery& query) {
  return std::any_of(rule.databases.begin(), rule.databases.end(), [&](const HbaName& name) {
    if (query.replication) return name.kind == HbaName::Kind::kReplication;
    return matches(name, query.database, query);
  });
}

bool matchesUser(const HbaRule& rule, const HbaQuery& query) {
  return std::any_of(rule.users.begin(), rule.users.end(),
                     [&](const HbaName& name) { return matches(name, query.user, query); });
}

bool matchesConnection(const HbaRule& rule, const HbaQuery& query) {
  switch (rule.connection) {
    case HbaConnection::kLocal: return query.unix_socket;
    case HbaConnection::kHost: return !query.unix_socket;
    case HbaConnection::kHostSsl: return !query.unix_socket && query.tls;
    case HbaConnection::kHostNoSsl: return !query.unix_socket && !query.tls;
  }
  return false;
}

bool matchesAddress(const HbaRule& rule, const HbaQuery& query) {
  if (rule.connection == HbaConnection::kLocal || rule.any_address) return true;
  if (rule.ipv6 != query.ipv6) return false;
  const size_t length = rule.ipv6 ? 16 : 4;
  for (size_t i = 0; i < length; ++i)
    if (((query.address[i] ^ rule.address[i]) & rule.mask[i]) != 0) return false;
  return true;
}

// Whether `mapping` lets `system_user` be `user`.
bool allows(const IdentMapping& mapping, std::string_view system_user, std::string_view user) {
  if (!mapping.system_user.starts_with('/'))
    return mapping.system_user == system_user &&
           (mapping.database_user == "all" || mapping.database_user == user);
  const std::optional<std::string> group = searchPattern(mapping.system_user.substr(1), system_user);
  if (!group) return false;
  if (mapping.database_user == "all") return true;
  std::string wanted = mapping.database_user;
  if (const size_t at = wanted.find("\\1"); at != std::string::npos) wanted.replace(at, 2, *group);
  return wanted == user;
}

}  // namespace

const HbaRule* Hba::match(const HbaQuery& query) const {
  for (const HbaRule& rule : rules)
    if (matchesConnection(rule, query) && matchesAddress(rule, query) && matchesDatabase(rule, query) &&
        matchesUser(rule, query))
      return &rule;
  return nullptr;
}

bool Hba::mapAllows(std::string_view map, std::string_view system_user, std::string_view user) const {
  if (map.empty()) return system_user == user;
  return std::any_of(mappings.begin(), mappings.end(), [&](const IdentMapping& mapping) {
    return mapping.map == map && allows(mapping, system_user, user);
  });
}

}  // namespace forebay::conf
