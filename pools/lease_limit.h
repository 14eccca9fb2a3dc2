// LeaseLimit counts the leased server connections of one cache, over all workers, and knows who waits for
// one.
//
// One permit allows one leased connection, from before it is dialled until it is closed. The object serves
// the whole process; nothing here locks. What keeps a client from waiting beside a free permit is an order
// (all of it sequentially consistent):
//   to wait: setWaiting(self, n) first, then take() once more;
//   to give: giveBack() first, then waiterElsewhere(self), and wake that worker: it calls take() for as many
//            clients as wait there;
//   to wait no more, for whatever reason: setWaiting(self, less) first, then waiterElsewhere(self) and wake,
//            for this worker may have been the one that was chosen for a permit that it has no use for now.
// So of two that meet at least one sees the other. Whoever raises the limit serves its own clients and then
// does as who gives; one wake is enough, as it is passed on while permits are left.
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
  // While a permit is free: a worker other than `self` whose clients wait, the next one behind `self`, so
  // that all get their turn.
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
