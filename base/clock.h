// Time is an argument: deciding code takes an Instant and never asks a clock. Only the gateway reads the
// clocks.
#pragma once

#include <chrono>

namespace forebay {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Duration = Clock::duration;
using WallTime = std::chrono::system_clock::time_point;  // what a person or a log line calls the time

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr Instant kNever = Instant::max();

// `at + delay`, where a delay of zero means "no limit", as in PgBouncer's timeouts.
inline Instant deadlineAfter(Instant at, Duration delay) {
  return delay == Duration::zero() ? kNever : at + delay;
}

}  // namespace forebay
