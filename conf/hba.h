// Hba: which authentication method a client must pass, by how it connects, as in PostgreSQL's pg_hba.conf.
//
// What is read here means what it means in PostgreSQL, `@file` in place of names included; what cannot be
// honoured (role membership, samehost, include directives, methods that need a library of their own) is an
// error, so no rule is ever weaker than it reads.
// https://www.postgresql.org/docs/current/auth-pg-hba-conf.html,
// https://www.pgbouncer.org/config.html#hba-file-format
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace forebay::conf {

enum class HbaMethod : uint8_t { kTrust, kReject, kMd5, kPassword, kScramSha256, kPeer, kCert };
enum class HbaConnection : uint8_t { kLocal, kHost, kHostSsl, kHostNoSsl };

// What is known of a client when its method is chosen.
struct HbaQuery {
  std::string_view database, user;
  bool replication = false;  // physical replication: it names no database, and only "replication" matches it
  bool unix_socket = false;
  bool tls = false;
  bool ipv6 = false;
  std::array<uint8_t, 16> address{};  // network order; IPv4 in the first four bytes
};

struct HbaName {
  enum class Kind : uint8_t { kAll, kLiteral, kSameUser, kReplication, kRegex };
  Kind kind = Kind::kLiteral;
  std::string text;
  bool operator==(const HbaName&) const = default;
};

struct HbaRule {
  HbaConnection connection = HbaConnection::kHost;
  std::vector<HbaName> databases, users;
  bool any_address = true, ipv6 = false;
  std::array<uint8_t, 16> address{}, mask{};
  HbaMethod method = HbaMethod::kReject;
  std::string map;  // name of the ident map, for peer and cert
  int line = 0;
  bool operator==(const HbaRule&) const = default;
};

// One line of the ident file: the system or certificate name `system_user` may log in as `database_user`.
struct IdentMapping {
  std::string map;
  std::string system_user;    // starting with '/': a regular expression
  std::string database_user;  // "all": every user; with a regular expression, \1 is its first group
  bool operator==(const IdentMapping&) const = default;
};

class Hba {
 public:
  // The first rule that matches, as PostgreSQL does; null: reject.
  const HbaRule* match(const HbaQuery& query) const;
  // Whether `system_user` (peer user or certificate CN) may log in as `user` under the rule's map (none: must
  // be equal).
  bool mapAllows(std::string_view map, std::string_view system_user, std::string_view user) const;

  std::vector<HbaRule> rules;
  std::vector<IdentMapping> mappings;
  bool operator==(const Hba&) const = default;
};

// The files are named in errors: "pg_hba.conf:3:11: ...", one a line. `read_file` reads what a rule includes
// as
// `@file`; the name is relative to the folder of `hba_file`.
using ReadFile = std::function<Result<std::string>(const std::string& file)>;
Result<Hba> parseHba(std::string_view hba_text, std::string_view hba_file, std::string_view ident_text,
                     std::string_view ident_file, const ReadFile& read_file);

}  // namespace forebay::conf
