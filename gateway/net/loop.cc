#include "gateway/net/loop.h"

#include <cassert>

#include "gateway/net/socket.h"

namespace forebay::net {

Loop::Loop() : scratch_(new char[kScratchSize]) {
  uv_loop_init(&loop_);
  loop_.data = this;
  uv_prepare_init(&loop_, &prepare_);
  prepare_.data = this;
  uv_prepare_start(&prepare_, [](uv_prepare_t* handle) { static_cast<Loop*>(handle->data)->beforePoll(); });
  uv_idle_init(&loop_, &idle_);
  idle_.data = this;
  uv_timer_init(&loop_, &timer_);
  timer_.data = this;
  mailbox_.open(&loop_);
}

Loop::~Loop() {
  graveyard_.clear();
  // Not before: closing a handle tells epoll its descriptor's number, which another loop's socket may have by
  // now.
  for (PollHandle* handle : resting_handles_)
    if (handle != nullptr) closeHandle(handle);
  uv_run(&loop_, UV_RUN_DEFAULT);
  [[maybe_unused]] const int busy = uv_loop_close(&loop_);
  assert(busy == 0);
}

void Loop::run() { uv_run(&loop_, UV_RUN_DEFAULT); }

PollHandle* Loop::handleFor(int fd) {
  const size_t at = static_cast<size_t>(fd);
  if (at < resting_handles_.size() && resting_handles_[at] != nullptr)
    return std::exchange(resting_handles_[at], nullptr);
  auto handle = std::make_unique<PollHandle>();
  if (uv_poll_init_socket(&loop_, &handle->poll, fd) != 0) return nullptr;
  handle->poll.data = handle.get();
  handle->fd = fd;
  return handle.release();
}

void Loop::restHandle(PollHandle* handle) {
  const size_t at = static_cast<size_t>(handle->fd);
  if (at >= resting_handles_.size()) resting_handles_.resize(at + 1);
  // One that was released to another loop may meet a newer one of its number.
  if (stopping_ || resting_handles_[at] != nullptr) return closeHandle(handle);
  resting_handles_[at] = handle;
}

// libuv uses a handle until its close callback has run.
void Loop::closeHandle(PollHandle* handle) {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle->poll),
           [](uv_handle_t* closed) { delete static_cast<PollHandle*>(closed->data); });
}

void Loop::stop() {
  if (stopping_) return;
  stopping_ = true;
  graveyard_.clear();  // what is buried may hold sockets, which would keep run() going: no next round comes
  mailbox_.close();
  uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
}

void Loop::defer(std::function<void()> work) {
  deferred_.push_back(std::move(work));
  if (!stopping_)
    uv_idle_start(&idle_, [](uv_idle_t*) {});  // an active idle handle keeps the loop from waiting
}

void Loop::beforePoll() {
  forgetNow();
  deadlines_.run(now());
  // What this work defers in turn waits for the next round: sockets get their share in between.
  std::vector<std::function<void()>> work = std::move(deferred_);
  deferred_.clear();
  for (const auto& task : work) task();
  if (deferred_.empty() && !stopping_) uv_idle_stop(&idle_);
  graveyard_.clear();
  armTimer();
  forgetNow();  // the wait takes time
}

// The timer only ends the wait: beforePoll() runs what is due.
void Loop::armTimer() {
  const Instant next = deadlines_.next();
  if (next == timer_at_ || stopping_) return;
  timer_at_ = next;
  if (next == kNever) {
    uv_timer_stop(&timer_);
    return;
  }
  uv_update_time(&loop_);
  const auto wait = std::chrono::ceil<milliseconds>(next - now()).count();
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { static_cast<Loop*>(timer->data)->timer_at_ = kNever; },
      wait > 0 ? static_cast<uint64_t>(wait) : 0, 0);
}

}  // namespace forebay::net
