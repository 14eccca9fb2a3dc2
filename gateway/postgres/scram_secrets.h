// ScramSecrets turns plain passwords of the userlist into what a SCRAM login is checked against, once per
// password: that takes 1 ms and more, which logins would otherwise spend again and again on the worker's
// loop.
//
// The salt is the one that an unknown user is shown, the same each time, so that nobody can tell users by
// their salt. One per worker, on its thread.
#pragma once

#include <map>
#include <string>

#include "base/bytes.h"
#include "pgproto/scram_secret.h"

namespace forebay::postgres {

class ScramSecrets {
 public:
  // `process_secret`: random, the same for all workers.
  pgproto::ScramSecret secretOf(Bytes user, Bytes password, Bytes process_secret, uint32_t iterations);
  void clear() { made_.clear(); }

 private:
  static constexpr size_t kMaxUsers = 10000;

  struct Made {
    pgproto::ScramKey password_hash{};  // not the password: one copy of it, in the configuration, is enough
    pgproto::ScramSecret secret;
  };
  std::map<std::string, Made, std::less<>> made_;
};

}  // namespace forebay::postgres
