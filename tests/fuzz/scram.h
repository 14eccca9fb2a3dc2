// What the SCRAM targets share: fixed secrets and nonces, so that the seeds can hold proofs that are right.
#pragma once

#include <algorithm>
#include <string>

#include "pgproto/scram.h"
#include "tests/fuzz/fuzz.h"

namespace forebay::fuzz {

inline constexpr Bytes kPassword = "pencil", kSalt = "W22ZaJ0SNY7soEsUEjb6gQ",
                       kServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF";
inline constexpr Bytes kClientNonce = "rOprNGfwEbeRWgbNEkqO",
                       kEndPointData = "hash of the server's certificate";
inline constexpr uint32_t kIterations = 2;

// Takes a line off the front of `rest`: the targets' inputs are the peer's messages, one a line.
inline Bytes takeLine(Bytes& rest) {
  const Bytes line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

// What the peer sent may be quoted in a log, but never break its line or flood it.
inline void requireLoggable(const std::string& error) {
  require(!error.empty() && error.size() < 400, "an error says something, and not too much");
  require(std::all_of(error.begin(), error.end(), [](char c) { return c >= ' ' && c < 0x7f; }),
          "an error is fit for a line of the log");
}

}  // namespace forebay::fuzz
