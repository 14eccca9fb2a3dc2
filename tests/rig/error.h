// How the rig gives up: it throws where a test cannot go on, and GoogleTest turns that into a failure that
// shows the message. This is the one place in the tree that throws; nothing outside tests/ sees it.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

namespace forebay::rig {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyTime = std::chrono::steady_clock::time_point;

// Every wait of the rig ends: with what was waited for, or with an error after this time. Sanitizers are
// slow, so it is far above what a healthy run needs.
inline constexpr milliseconds kPatience = seconds(30);

struct RigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void fail(const std::string& what);
// Adds errno's text.
[[noreturn]] void failErrno(const std::string& what);

// What is left until `deadline` as poll(2) wants it: whole milliseconds, never below zero.
int pollTimeout(SteadyTime deadline);

}  // namespace forebay::rig
