// LeaseLimit counts the leased server connections of one cache, over all workers, and knows who waits for
// one.
//
// One permit allows one leased connection, from before it is dialled until it is closed. The object serves
// the whole process; nothing here locks. What keeps a client from waiting beside a free permit is an order
// (all of it sequentially consistent):
//   who waits:  setWaiting(self, n), then take() once more; if that succeeds, setWaiting(self, n - 1)
//   who gives:  giveBack(), then waiterElsewhere(self): that worker is to be woken and calls take()
// so at least one of the two sees the other. Whoever raises the limit does as who gives, once per worker that
// waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace forebay::pools {

class LeaseLimit {
 public:
  LeaseLimit(uint32_t workers, uint32_t limit);  // a limit of zero: no leases at all

  bool take();
  void giveBack();

  // How many clients of `worker` wait; only that worker says it.
  void setWaiting(uint32_t worker, uint32_t n) { slots_[worker].waiting.store(n); }
  uint32_t waiting(uint32_t worker) const { return slots_[worker].waiting.load(); }
  uint32_t waitingInAll() const;
  // A worker other than `self` whose clients wait: the next one behind `self`, so that all get their turn.
  std::optional<uint32_t> waiterElsewhere(uint32_t self) const;

  uint32_t used() const { return used_.load(); }  // above the limit while a lowered limit takes effect
  uint32_t limit() const { return limit_.load(); }
  void setLimit(uint32_t limit) { limit_.store(limit); }
  uint32_t workers() const { return workers_; }

 private:
  struct Slot {
    alignas(64) std::atomic<uint32_t> waiting{0};
  };

  const uint32_t workers_;
  std::unique_ptr<Slot[]> slots_;
  std::atomic<uint32_t> used_{0};
  std::atomic<uint32_t> limit_;
};

}  // namespace forebay::pools
