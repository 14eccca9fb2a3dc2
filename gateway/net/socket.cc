#include "gateway/net/socket.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>

namespace forebay::net {
namespace {

// sendmsg() costs more than send() by what it takes to copy this much.
constexpr size_t kCheaperToCopy = 8192;

IoResult failed(int error, IoStatus would_block) {
  if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR) return {would_block, 0, 0};
  return {IoStatus::kError, 0, error};
}

}  // namespace

IoResult readSocket(int fd, char* out, size_t size) {
  const ssize_t got = ::recv(fd, out, size, 0);
  if (got > 0) return {IoStatus::kOk, static_cast<size_t>(got), 0};
  if (got == 0) return {IoStatus::kClosed, 0, 0};
  return failed(errno, IoStatus::kWantRead);
}

IoResult writeSocket(int fd, std::span<const Bytes> runs) {
  ssize_t sent = 0;
  size_t total = 0;
  for (const Bytes run : runs) total += run.size();
  if (runs.size() == 1) {
    sent = ::send(fd, runs[0].data(), runs[0].size(), MSG_NOSIGNAL);
  } else if (total <= kCheaperToCopy) {
    char joined[kCheaperToCopy];
    char* end = joined;
    for (const Bytes run : runs) end = std::copy(run.begin(), run.end(), end);
    sent = ::send(fd, joined, total, MSG_NOSIGNAL);
  } else {
    std::array<iovec, 64> vectors;
    const size_t count = std::min(runs.size(), vectors.size());
    for (size_t i = 0; i < count; ++i) vectors[i] = {const_cast<char*>(runs[i].data()), runs[i].size()};
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  }
  if (sent >= 0) return {IoStatus::kOk, static_cast<size_t>(sent), 0};
  return failed(errno, IoStatus::kWantWrite);
}

void RestPollHandle::operator()(PollHandle* handle) const {
  handle->user = nullptr;
  if (handle->events != 0) uv_poll_stop(&handle->poll);
  handle->events = 0;
  static_cast<Loop*>(handle->poll.loop->data)->restHandle(handle);
}

Socket::Socket(Loop& loop, int fd, SocketUser& user, std::unique_ptr<Tls> tls) : tls_(std::move(tls)) {
  handle_.reset(loop.handleFor(fd));
  if (handle_) {
    handle_->user = &user;
    return;
  }
  tls_.reset();
  ::close(fd);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  close();
  handle_ = std::move(other.handle_);
  tls_ = std::move(other.tls_);
  return *this;
}

void Socket::want(bool readable, bool writable) {
  if (!handle_) return;
  const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  if (events == handle_->events) return;
  handle_->events = events;
  if (events == 0) {
    uv_poll_stop(&handle_->poll);
    return;
  }
  uv_poll_start(&handle_->poll, events, [](uv_poll_t* poll, int status, int ready) {
    PollHandle& handle = *static_cast<PollHandle*>(poll->data);
    static_cast<Loop*>(poll->loop->data)->forgetNow();
    // A failed socket is found out by trying it; libuv has stopped watching it.
    if (status < 0) {
      handle.events = 0;
      ready = UV_READABLE | UV_WRITABLE;
    }
    if ((ready & UV_WRITABLE) && handle.user) handle.user->onWritable();
    if ((ready & UV_READABLE) && handle.user) handle.user->onReadable();
  });
}

bool Socket::wantsReadable() const { return handle_ && (handle_->events & UV_READABLE); }

IoResult Socket::read(char* out, size_t size) {
  assert(valid());
  return tls_ ? tls_->read(out, size) : readSocket(handle_->fd, out, size);
}

IoResult Socket::write(Bytes bytes) { return write(std::span<const Bytes>(&bytes, 1)); }

IoResult Socket::write(std::span<const Bytes> runs) {
  assert(valid());
  return tls_ ? tls_->write(runs) : writeSocket(handle_->fd, runs);
}

Socket::Released Socket::release() {
  Released out{fd(), std::move(tls_)};
  handle_.reset();
  return out;
}

void Socket::close() {
  if (!handle_) return;
  if (tls_) tls_->shutdown();
  tls_.reset();
  const int descriptor = handle_->fd;
  handle_.reset();  // first: libuv takes it out of epoll
  ::close(descriptor);
}

}  // namespace forebay::net
