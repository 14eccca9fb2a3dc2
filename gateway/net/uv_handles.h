// Owners of libuv handles. libuv uses a handle until its close callback has run, so the memory is freed
// there; no other callback of it runs after the owner is gone.
#pragma once

#include <uv.h>

#include <memory>

namespace forebay::net {

template <typename Handle>
struct CloseHandle {
  void operator()(Handle* handle) const {
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
  }
};
template <typename Handle>
using HandlePtr = std::unique_ptr<Handle, CloseHandle<Handle>>;

inline HandlePtr<uv_timer_t> makeTimer(uv_loop_t* loop, void* data) {
  HandlePtr<uv_timer_t> timer(new uv_timer_t);
  uv_timer_init(loop, timer.get());  // cannot fail
  timer->data = data;
  return timer;
}

// Null when the kernel cannot watch the fd.
inline HandlePtr<uv_poll_t> makePoll(uv_loop_t* loop, int fd, void* data) {
  auto poll = std::make_unique<uv_poll_t>();
  if (uv_poll_init(loop, poll.get(), fd) != 0) return nullptr;
  poll->data = data;
  return HandlePtr<uv_poll_t>(poll.release());
}

}  // namespace forebay::net
