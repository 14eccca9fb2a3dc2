#include "gateway/net/loop.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace forebay::net {

Loop::Loop() : mailbox_(poller_), scratch_(new char[kScratchSize]) {
  uv_loop_init(&loop_);
  loop_.data = this;
  uv_check_init(&loop_, &keeper_);
  uv_check_start(&keeper_, [](uv_check_t*) {});
  uv_unref(reinterpret_cast<uv_handle_t*>(&keeper_));
  poller_.watchOther(uv_backend_fd(&loop_));
}

Loop::~Loop() {
  graveyard_.clear();
  [[maybe_unused]] const int busy = uv_loop_close(&loop_);
  assert(busy == 0);
}

void Loop::run() {
  while (!over()) {
    beforeWait();
    const int libuv = libuvTimeout();
    const bool libuv_ready = poller_.wait(timeout(libuv));
    poller_.tell([this] { forgetNow(); });
    if (libuv_ready || libuv >= 0) runLibuv();
  }
  graveyard_.clear();
}

// When libuv wants to be run without an event, in milliseconds; -1: never.
int Loop::libuvTimeout() {
  if (uv_loop_alive(&loop_) == 0) return -1;
  uv_update_time(&loop_);
  return uv_backend_timeout(&loop_);
}

void Loop::runLibuv() {
  if (!stopping_) uv_ref(reinterpret_cast<uv_handle_t*>(&keeper_));
  uv_run(&loop_, UV_RUN_NOWAIT);
  if (!stopping_) uv_unref(reinterpret_cast<uv_handle_t*>(&keeper_));
}

void Loop::stop() {
  if (std::exchange(stopping_, true)) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&keeper_), nullptr);
  graveyard_.clear();  // what is buried may hold sockets, which would keep run() going
  mailbox_.close();
}

void Loop::defer(std::function<void()> work) { deferred_.push_back(std::move(work)); }

void Loop::beforeWait() {
  forgetNow();
  deadlines_.run(now());
  // What this work defers in turn waits for the next round: sockets get their share in between.
  std::vector<std::function<void()>> work = std::move(deferred_);
  deferred_.clear();
  for (const auto& task : work) task();
  endTurn();
  graveyard_.clear();
}

void Loop::endTurn() {
  while (!turn_ends_.empty()) {
    TurnEnd& next = turn_ends_.front();
    next.unlink();
    next.turnEnds();
  }
}

// How long the wait may last, in milliseconds; -1: until something happens.
int Loop::timeout(int libuv) {
  if (!deferred_.empty() || over()) return 0;
  constexpr int64_t kLongest = 1000 * 1000;
  int64_t wait = libuv;
  if (deadlines_.next() != kNever) {
    const auto left = std::chrono::ceil<milliseconds>(deadlines_.next() - now()).count();
    const int64_t deadline = std::clamp<int64_t>(left, 0, kLongest);
    if (wait < 0 || deadline < wait) wait = deadline;
  }
  forgetNow();  // the wait takes time
  return static_cast<int>(wait);
}

}  // namespace forebay::net
