// Loop is one thread's libuv loop with what every connection on it shares: deadlines, buffers, scratch space,
// a mailbox, and a place for objects that end in the middle of their own callback.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/deadlines.h"
#include "gateway/net/buffer.h"
#include "gateway/net/mailbox.h"

namespace forebay::net {

// Something that can be thrown away at the end of the loop's turn.
class Mortal {
 public:
  virtual ~Mortal() = default;
};

struct PollHandle;

class Loop {
 public:
  // Reads go here first: one read takes what a socket holds in the usual case.
  static constexpr size_t kScratchSize = size_t{256} * 1024;

  Loop();
  ~Loop();  // the loop must have run to its end after stop(), and so must all others that its sockets went to
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();   // until stop() and all handles are closed
  void stop();  // closes the loop's own handles; on the loop's thread

  uv_loop_t* native() { return &loop_; }
  Mailbox& mailbox() { return mailbox_; }
  BufferPool& buffers() { return buffers_; }
  Deadlines& deadlines() { return deadlines_; }
  char* scratch() { return scratch_.get(); }

  // The time, read once per event: work that one event causes happens at one instant. On the loop's thread.
  Instant now() {
    if (now_ == kNever) now_ = Clock::now();
    return now_;
  }
  // A new event is about to be dealt with.
  void forgetNow() { now_ = kNever; }

  // A handle that watches `fd`, which is non-blocking already; null when the kernel has no room. It goes back
  // through restHandle(), stopped, before the descriptor is closed.
  PollHandle* handleFor(int fd);
  void restHandle(PollHandle* handle);

  // Destroys `object` when no callback of this turn can still be using it.
  void bury(std::unique_ptr<Mortal> object) { graveyard_.push_back(std::move(object)); }
  // After run(): destroys what is buried.
  void buryAll() { graveyard_.clear(); }
  // Runs `work` on this thread before the loop waits for the next event.
  void defer(std::function<void()> work);

 private:
  void beforePoll();
  static void closeHandle(PollHandle* handle);
  void armTimer();

  uv_loop_t loop_;
  uv_prepare_t prepare_;
  uv_idle_t idle_;
  uv_timer_t timer_;
  Instant timer_at_ = kNever;
  Instant now_ = kNever;
  bool stopping_ = false;
  Mailbox mailbox_;
  BufferPool buffers_;
  Deadlines deadlines_;
  std::unique_ptr<char[]> scratch_;
  std::vector<PollHandle*> resting_handles_;  // by descriptor number
  std::vector<std::unique_ptr<Mortal>> graveyard_;
  std::vector<std::function<void()>> deferred_;
};

}  // namespace forebay::net
