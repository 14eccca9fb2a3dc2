// AuthAnswers keeps what auth_query answered, for a time, and so many answers at most: who asks for names
// that nobody has cannot make it larger, and the oldest answer goes first. Every call costs O(log n). Not
// thread-safe.
#pragma once

#include <compare>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"

namespace forebay::postgres {

// Everything that an answer depends on.
struct AuthRequest {
  std::string user;
  std::string asked;  // the entry of the database that is asked
  std::string auth_user, query;
  auto operator<=>(const AuthRequest&) const = default;
};

class AuthAnswers {
 public:
  using Secret = std::optional<std::string>;  // nothing: no such user; empty: a user without a password

  explicit AuthAnswers(size_t most) : most_(most) {}

  // Null: not known, or not any more. Valid until the next call.
  const Secret* find(const AuthRequest& request, Instant now) const;
  // `expires` may not be before that of an answer kept earlier, unless there was a clear() in between.
  void keep(const AuthRequest& request, Secret secret, Instant now, Instant expires);
  void forget(const AuthRequest& request);
  void clear();
  size_t size() const { return by_request_.size(); }

 private:
  struct Answer {
    AuthRequest request;
    Secret secret;
    Instant expires{};
  };
  using ByAge = std::list<Answer>;

  const size_t most_;
  ByAge by_age_;  // the oldest one in front, which is also the first to expire
  std::map<AuthRequest, ByAge::iterator> by_request_;
};

}  // namespace forebay::postgres
