#include "gateway/net/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace forebay::net {
namespace {

constexpr uint32_t kAlways = EPOLLIN | EPOLLRDHUP | EPOLLET;

bool control(int epoll, int operation, int fd, uint32_t events, void* data) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = data;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

}  // namespace

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::runtime_error(std::string("epoll_create1: ") + std::strerror(errno));
}

Poller::~Poller() { ::close(epoll_); }

Watch* Poller::add(int fd, SocketUser& user) {
  auto watch = std::make_unique<Watch>();
  watch->user = &user;
  watch->fd = fd;
  return control(epoll_, EPOLL_CTL_ADD, fd, kAlways, watch.get()) ? watch.release() : nullptr;
}

void Poller::remove(Watch* watch, bool stays_open) {
  // Closing the descriptor takes it out, too.
  if (stays_open) control(epoll_, EPOLL_CTL_DEL, watch->fd, 0, nullptr);
  if (watch->wanted != 0) --wanting_;
  watch->user = nullptr;
  watch->unlink();
  removed_.emplace_back(watch);
}

void Poller::want(Watch& watch, bool readable, bool writable) {
  const uint8_t wanted =
      static_cast<uint8_t>((readable ? Watch::kReadable : 0) | (writable ? Watch::kWritable : 0));
  if (wanted == watch.wanted) return;
  wanting_ += (wanted != 0) - (watch.wanted != 0);
  watch.wanted = wanted;
  if (writable && !watch.asks_write) {  // answers with an event if it is writable now
    watch.asks_write = true;
    if (!control(epoll_, EPOLL_CTL_MOD, watch.fd, kAlways | EPOLLOUT, &watch))
      watch.ready |= Watch::kWritable;
  }
  setReady(watch, 0);
}

void Poller::setReady(Watch& watch, uint8_t what) {
  watch.ready |= what;
  if ((watch.ready & watch.wanted) != 0 && !watch.linked()) ready_->pushBack(watch);
}

void Poller::watchOther(int fd) {
  if (!control(epoll_, EPOLL_CTL_ADD, fd, EPOLLIN, nullptr))
    throw std::runtime_error(std::string("epoll_ctl: ") + std::strerror(errno));
}

bool Poller::wait(int timeout_ms) {
  epoll_event events[kMaxEvents];
  const int count = ::epoll_wait(epoll_, events, kMaxEvents, ready_->empty() ? timeout_ms : 0);
  bool other = false;
  for (int i = 0; i < count; ++i) {
    auto* watch = static_cast<Watch*>(events[i].data.ptr);
    if (watch == nullptr) {
      other = true;
      continue;
    }
    const uint32_t seen = events[i].events;
    if (seen & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) watch->ended = true;
    const bool lost = (seen & (EPOLLHUP | EPOLLERR)) != 0;
    setReady(*watch, static_cast<uint8_t>((watch->ended || (seen & EPOLLIN) ? Watch::kReadable : 0) |
                                          (lost || (seen & EPOLLOUT) ? Watch::kWritable : 0)));
  }
  return other;
}

void Poller::tellOne(Watch& watch) {
  if ((watch.ready & watch.wanted & Watch::kWritable) && watch.user != nullptr) watch.user->onWritable();
  if ((watch.ready & watch.wanted & Watch::kReadable) && watch.user != nullptr) watch.user->onReadable();
}

}  // namespace forebay::net
