// Userlist: PgBouncer's auth_file, one `"user" "secret"` a line.
// https://www.pgbouncer.org/config.html#authentication-file-format
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace forebay::conf {

// A secret is a plain password, "md5" and 32 hex digits, or "SCRAM-SHA-256$...": exactly as pg_authid stores
// them.
class Userlist {
 public:
  const std::string* find(std::string_view user) const;  // null when the user is not listed
  void add(std::string user, std::string secret) { secrets_[std::move(user)] = std::move(secret); }
  size_t size() const { return secrets_.size(); }
  const std::map<std::string, std::string, std::less<>>& secrets() const { return secrets_; }
  bool operator==(const Userlist&) const = default;

 private:
  std::map<std::string, std::string, std::less<>> secrets_;
};

// `file` is named in errors: "userlist.txt:3:9: ...", one a line. The text of a secret never appears in one.
// Lines that begin with ';' or '#' are comments; what follows the second field of a line is ignored.
Result<Userlist> parseUserlist(std::string_view text, std::string_view file);

}  // namespace forebay::conf
