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
    const bool libuv_waits = uv_loop_alive(&loop_) != 0 && uv_backend_timeout(&loop_) >= 0;
    const bool libuv_ready = poller_.wait(timeout());
    poller_.tell([this] { forgetNow(); });
    if (libuv_ready || libuv_waits) runLibuv();
  }
  graveyard_.clear();
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
  graveyard_.clear();
}

// How long the wait may last, in milliseconds; -1: until something happens.
int Loop::timeout() {
  if (!deferred_.empty() || over()) return 0;
  constexpr int64_t kLongest = 1000 * 1000;
  int64_t wait = -1;
  if (deadlines_.next() != kNever) {
    const auto left = std::chrono::ceil<milliseconds>(deadlines_.next() - now()).count();
    wait = std::clamp<int64_t>(left, 0, kLongest);
  }
  forgetNow();  // the wait takes time
  if (uv_loop_alive(&loop_) == 0) return static_cast<int>(wait);
  uv_update_time(&loop_);
  const int libuv = uv_backend_timeout(&loop_);
  if (libuv >= 0 && (wait < 0 || libuv < wait)) wait = libuv;
  return static_cast<int>(wait);
}

}  // namespace forebay::net
