// Loop is one thread's event loop with what every connection on it shares: deadlines, buffers, scratch space,
// a mailbox, and a place for objects that end in the middle of their own callback.
//
// Sockets are told by its Poller. What libuv does besides (its thread pool, name look-ups, signals, other
// descriptors) runs in a libuv loop that is embedded in it, as uv_backend_fd() is there for, and costs
// nothing while it has nothing to do.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/deadlines.h"
#include "base/intrusive_list.h"
#include "gateway/net/buffer.h"
#include "gateway/net/mailbox.h"
#include "gateway/net/poller.h"

namespace forebay::net {

// Something that can be thrown away at the end of the loop's turn.
class Mortal {
 public:
  virtual ~Mortal() = default;
};

// Something that gathers work during a turn of the loop and does it in one go when all sockets that were
// ready have been told: what leaves in one turn leaves in one send.
struct InTurnList;
class TurnEnd : public ListNode<InTurnList> {
 public:
  virtual ~TurnEnd() = default;

 protected:
  friend class Loop;
  virtual void turnEnds() = 0;
};

class Loop {
 public:
  // Reads go here first: one read takes what a socket holds in the usual case.
  static constexpr size_t kScratchSize = size_t{256} * 1024;

  Loop();
  ~Loop();  // the loop must have run to its end after stop()
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Until stop(), and until no socket wants anything and all of libuv's handles are closed.
  [[gnu::hot]] void run();
  void stop();  // on the loop's thread

  uv_loop_t* native() { return &loop_; }
  Poller& poller() { return poller_; }
  Mailbox& mailbox() { return mailbox_; }
  BufferPool& buffers() { return buffers_; }
  Deadlines& deadlines() { return deadlines_; }
  char* scratch() { return scratch_.get(); }

  // The time, read once for a few events. On the loop's thread.
  Instant now() {
    if (now_ == kNever) now_ = Clock::now();
    return now_;
  }
  // Time has passed that matters.
  void forgetNow() { now_ = kNever; }

  // Destroys `object` when no callback of this turn can still be using it.
  void bury(std::unique_ptr<Mortal> object) { graveyard_.push_back(std::move(object)); }
  // Calls `work` once, at the end of this turn; all of them before the loop waits again, also those that come
  // up meanwhile.
  void atTurnEnd(TurnEnd& work) {
    if (!work.linked()) turn_ends_.pushBack(work);
  }
  // Runs `work` on this thread before the loop waits for the next event.
  void defer(std::function<void()> work);

 private:
  [[gnu::hot]] void beforeWait();
  [[gnu::hot]] void endTurn();
  [[gnu::hot]] int timeout(int libuv);
  int libuvTimeout();
  void runLibuv();
  bool over() const { return stopping_ && poller_.idle() && uv_loop_alive(&loop_) == 0; }

  Poller poller_;
  uv_loop_t loop_;
  // Without it uv_run() would not look at what has come for a loop that waits for nothing.
  uv_check_t keeper_;
  Instant now_ = kNever;
  bool stopping_ = false;
  Mailbox mailbox_;
  BufferPool buffers_;
  Deadlines deadlines_;
  std::unique_ptr<char[]> scratch_;
  std::vector<std::unique_ptr<Mortal>> graveyard_;
  std::vector<std::function<void()>> deferred_;
  IntrusiveList<TurnEnd, InTurnList> turn_ends_;
};

}  // namespace forebay::net
