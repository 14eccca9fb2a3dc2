#include "gateway/net/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace forebay::net {

Mailbox::Mailbox(Poller& poller)
    : poller_(poller),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      watch_(wake_ < 0 ? nullptr : poller.add(wake_, *this)) {
  if (watch_ == nullptr) throw std::runtime_error(std::string("eventfd: ") + std::strerror(errno));
  poller_.want(*watch_, true, false);
}

Mailbox::~Mailbox() {
  close();
  ::close(wake_);
  for (Letter* letter = newest_.exchange(nullptr); letter;) delete std::exchange(letter, letter->next_);
}

void Mailbox::close() {
  if (watch_ != nullptr) poller_.remove(std::exchange(watch_, nullptr), true);
}

void Mailbox::push(std::unique_ptr<Letter> letter) {
  Letter* const added = letter.release();
  Letter* before = newest_.load(std::memory_order_relaxed);
  do {
    added->next_ = before;
  } while (
      !newest_.compare_exchange_weak(before, added, std::memory_order_release, std::memory_order_relaxed));
  // The letter is its owner's now. Who posts into an empty box wakes that, for those who come behind, too.
  if (before != nullptr) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

// The eventfd is never read: each write to it is an event of its own.
void Mailbox::onReadable() {
  Poller::drained(*watch_);
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
