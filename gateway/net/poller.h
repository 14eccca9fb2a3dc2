// Poller tells the sockets of one thread when they become ready.
//
// It is epoll(7), edge-triggered: the kernel says once that a socket became ready, and the Poller remembers
// it until an attempt to read or write comes back short. So neither taking turns between reading and holding
// back nor waiting for the next request costs an epoll_ctl, and no socket is asked twice. Who stays ready
// without having taken everything has its next turn when all others have had theirs. Of bytes that TLS has
// taken off the socket already it knows nothing (Tls::hasPending() does). Belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/intrusive_list.h"

namespace forebay::net {

// Who is told that a socket is ready. May destroy the Socket in either call. Being told is no promise: the
// attempt may find nothing.
class SocketUser {
 public:
  virtual ~SocketUser() = default;
  virtual void onReadable() = 0;
  virtual void onWritable() = 0;
};

struct InReadyList;

// What is known of one watched descriptor.
struct Watch : ListNode<InReadyList> {
  static constexpr uint8_t kReadable = 1, kWritable = 2;

  SocketUser* user = nullptr;  // null: watched no more
  int fd = -1;
  uint8_t wanted = 0;       // of kReadable and kWritable: tell the user
  uint8_t ready = 0;        // as far as is known
  bool ended = false;       // the peer sends no more, or the connection is lost: reading will find that out
  bool asks_write = false;  // the kernel tells about writability, too
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Watches `fd`, which is non-blocking and stays open until remove(). Null when the kernel has no room.
  Watch* add(int fd, SocketUser& user);
  // Tells nothing more. `stays_open`: the descriptor will not be closed at once.
  void remove(Watch* watch, bool stays_open);
  [[gnu::hot]] void want(Watch& watch, bool readable, bool writable);
  // The user came to the end of what there is.
  static void drained(Watch& watch) {
    if (!watch.ended) watch.ready &= static_cast<uint8_t>(~Watch::kReadable);
  }
  static void stuffed(Watch& watch) { watch.ready &= static_cast<uint8_t>(~Watch::kWritable); }

  // Another epoll descriptor or the like, level-triggered, for which wait() answers true.
  void watchOther(int fd);
  // Waits for at most `timeout_ms` (-1: without end), not at all while somebody is ready. True:
  // watchOther()'s descriptor is ready.
  [[gnu::hot]] bool wait(int timeout_ms);
  // Tells whoever is ready and wants to know. `between` is called every few users.
  template <typename Between>
  void tell(Between between);
  // Does anybody want to be told anything?
  bool idle() const { return wanting_ == 0; }

 private:
  static constexpr int kMaxEvents = 256;
  static constexpr int kStride = 32;
  using ReadyList = IntrusiveList<Watch, InReadyList>;

  void setReady(Watch& watch, uint8_t what);
  [[gnu::hot]] static void tellOne(Watch& watch);

  const int epoll_;
  size_t wanting_ = 0;
  ReadyList lists_[2];  // one is told while the other fills
  ReadyList* ready_ = &lists_[0];
  std::vector<std::unique_ptr<Watch>> removed_;  // in this turn: somebody may still be looking at them
};

template <typename Between>
void Poller::tell(Between between) {
  ReadyList& now = *ready_;
  ready_ = &lists_[ready_ == &lists_[0] ? 1 : 0];
  for (int count = 1; !now.empty(); ++count) {
    Watch& watch = now.front();
    watch.unlink();
    tellOne(watch);
    if (watch.user != nullptr && (watch.ready & watch.wanted) != 0 && !watch.linked())
      ready_->pushBack(watch);
    if (count % kStride == 0) between();
  }
  removed_.clear();
}

}  // namespace forebay::net
