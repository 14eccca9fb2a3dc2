// SlowLog keeps the last requests that took longer than slowlog_log_slower_than, the oldest first to go.
//
// It holds names of commands only, never keys or values, so it may be shown to whoever may see the console.
// One belongs to one worker and is not thread-safe: each worker hands out its own, and newestFirst() lays
// them together.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"

namespace forebay::pools {

struct SlowRequest {
  WallTime at;          // when its reply was there
  std::string command;  // "get", "config|set": its name only
  Duration gateway{};   // what it spent here, before it was written and after its reply came
  Duration backend{};   // from its last byte written to the reply's first
  uint64_t client = 0;
  std::string address;  // the client's
};

class SlowLog {
 public:
  explicit SlowLog(size_t max_len) : max_len_(max_len) {}

  void add(SlowRequest request);
  std::vector<SlowRequest> newest(size_t count) const;  // the newest first
  size_t len() const { return requests_.size(); }
  uint64_t added() const { return added_; }  // since the beginning, with those that are gone
  void clear() { requests_.clear(); }
  size_t maxLen() const { return max_len_; }
  void setMaxLen(size_t max_len);  // zero: keep none

 private:
  void shorten();

  std::deque<SlowRequest> requests_;  // the newest first
  size_t max_len_;
  uint64_t added_ = 0;
};

// The newest `count` of several workers' requests, the newest first.
std::vector<SlowRequest> newestFirst(std::span<const std::vector<SlowRequest>> of_workers, size_t count);

}  // namespace forebay::pools
