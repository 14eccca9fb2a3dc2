#include "tests/rig/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace forebay::rig {

void fail(const std::string& what) { throw RigError(what); }

void failErrno(const std::string& what) {
  const int error = errno;
  fail(what + ": " + std::strerror(error));
}

int pollTimeout(SteadyTime deadline) {
  const auto left = deadline - std::chrono::steady_clock::now();
  return std::max(0, static_cast<int>(std::chrono::ceil<milliseconds>(left).count()));
}

}  // namespace forebay::rig
