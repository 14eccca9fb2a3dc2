// KeyDerivation computes SCRAM's keys from a plain password in libuv's thread pool: the other side chooses
// the number of iterations, and a million of them takes a quarter of a second, which the loop must not lose.
//
// Calls `done` once on the loop's thread, unless it is destroyed before. The loop must run until libuv is
// through with what is under way, even after the object is gone.
#pragma once

#include <functional>
#include <string>

#include "gateway/net/loop.h"
#include "pgproto/scram.h"

namespace forebay::postgres {

class KeyDerivation final {
 public:
  using Done = std::function<void(const pgproto::ScramClientKeys&)>;

  KeyDerivation(net::Loop& loop, std::string password, pgproto::ScramChallenge challenge, Done done);
  ~KeyDerivation();
  KeyDerivation(const KeyDerivation&) = delete;
  KeyDerivation& operator=(const KeyDerivation&) = delete;

 private:
  struct Job;
  Job* job_;  // deleted when the thread pool is through with it
};

}  // namespace forebay::postgres
