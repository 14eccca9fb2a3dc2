// Deadlines keeps the objects that have something to do at some later time, the earliest first.
//
// A Deadline is part of the object that waits. Arming and disarming cost O(log n) and allocate only when more
// deadlines are armed than ever before. Meant to be used lazily: let an armed deadline stand when the real
// one moves to later, and arm it again when it comes due too early; then a busy client touches the heap once
// a timeout, not once a query. Not thread-safe; nothing here asks for the time.
#pragma once

#include <cassert>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace forebay {

class Deadlines;

class Deadline {
 public:
  Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  virtual ~Deadline() { assert(!armed()); }

  bool armed() const { return index_ != kNowhere; }
  Instant at() const { return at_; }

 protected:
  // The deadline is disarmed by now; arm it again for what remains to be waited for.
  virtual void due(Instant now) = 0;

 private:
  friend class Deadlines;
  static constexpr uint32_t kNowhere = UINT32_MAX;
  Instant at_ = kNever;
  uint32_t index_ = kNowhere;
};

class Deadlines {
 public:
  // kNever disarms.
  void arm(Deadline& deadline, Instant at);
  // Arms it unless it stands at an earlier time already.
  void armBy(Deadline& deadline, Instant at) {
    if (at < deadline.at_ || !deadline.armed()) arm(deadline, at);
  }
  void disarm(Deadline& deadline);
  Instant next() const { return heap_.empty() ? kNever : heap_.front()->at_; }
  // Calls due() of everything that is due by `now`, including what gets armed for the past meanwhile.
  void run(Instant now);
  size_t size() const { return heap_.size(); }

 private:
  void place(size_t index, Deadline* deadline);
  void siftUp(size_t index);
  void siftDown(size_t index);

  std::vector<Deadline*> heap_;
};

}  // namespace forebay
