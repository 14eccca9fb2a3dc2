#include "gateway/net/mailbox.h"

namespace forebay::net {

Mailbox::~Mailbox() {
  for (Letter* letter = newest_.exchange(nullptr); letter;) delete std::exchange(letter, letter->next_);
}

void Mailbox::open(uv_loop_t* loop) {
  wake_.data = this;
  uv_async_init(loop, &wake_, [](uv_async_t* async) { static_cast<Mailbox*>(async->data)->deliver(); });
  open_.store(true);
}

// A post() that has just seen the box open still touches the handle, and the loop's wake-up: posters are
// joined before the box and its loop are torn down.
void Mailbox::close() {
  if (!open_.exchange(false)) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
}

void Mailbox::push(std::unique_ptr<Letter> letter) {
  Letter* added = letter.release();
  added->next_ = newest_.load(std::memory_order_relaxed);
  while (!newest_.compare_exchange_weak(added->next_, added, std::memory_order_release,
                                        std::memory_order_relaxed)) {
  }
  if (open_.load()) uv_async_send(&wake_);
}

void Mailbox::deliver() {
  Letter* oldest = nullptr;
  for (Letter* letter = newest_.exchange(nullptr, std::memory_order_acquire); letter;) {
    Letter* next = letter->next_;
    letter->next_ = oldest;
    oldest = letter;
    letter = next;
  }
  while (oldest) {
    const std::unique_ptr<Letter> letter(std::exchange(oldest, oldest->next_));
    letter->run();
  }
}

}  // namespace forebay::net
