// ScramSecrets keeps what SCRAM logins with a plain password of the userlist are checked against: making it
// takes 1 ms and more (KeyQueue), so it is made once per password.
//
// One per worker, on its thread.
#pragma once

#include <map>
#include <string>

#include "base/bytes.h"
#include "pgproto/scram_secret.h"

namespace forebay::postgres {

class ScramSecrets {
 public:
  // Null: not made yet, or from another password or number of iterations. Valid until the next call.
  const pgproto::ScramSecret* find(Bytes user, Bytes password, uint32_t iterations) const;
  void keep(Bytes user, Bytes password, const pgproto::ScramSecret& secret);
  void clear() { made_.clear(); }
  bool empty() const { return made_.empty(); }

 private:
  static constexpr size_t kMaxUsers = 10000;

  struct Made {
    pgproto::ScramKey password_hash{};  // not the password: one copy of it, in the configuration, is enough
    pgproto::ScramSecret secret;
  };
  std::map<std::string, Made, std::less<>> made_;
};

}  // namespace forebay::postgres
