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

ssize_t sendRuns(int fd, std::span<const Bytes> runs) {
  size_t total = 0;
  for (const Bytes run : runs) total += run.size();
  if (total <= kCheaperToCopy) {
    char joined[kCheaperToCopy];
    char* end = joined;
    for (const Bytes run : runs) end = std::copy(run.begin(), run.end(), end);
    return ::send(fd, joined, total, MSG_NOSIGNAL);
  }
  std::array<iovec, 64> vectors;
  const size_t count = std::min(runs.size(), vectors.size());
  for (size_t i = 0; i < count; ++i) vectors[i] = {const_cast<char*>(runs[i].data()), runs[i].size()};
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

IoResult readSocket(int fd, char* out, size_t size) {
  const ssize_t got = ::recv(fd, out, size, 0);
  if (got > 0) return {IoStatus::kOk, static_cast<size_t>(got), 0};
  if (got == 0) return {IoStatus::kClosed, 0, 0};
  return failed(errno, IoStatus::kWantRead);
}

IoResult writeSocket(int fd, std::span<const Bytes> runs) {
  const ssize_t sent =
      runs.size() == 1 ? ::send(fd, runs[0].data(), runs[0].size(), MSG_NOSIGNAL) : sendRuns(fd, runs);
  if (sent >= 0) return {IoStatus::kOk, static_cast<size_t>(sent), 0};
  return failed(errno, IoStatus::kWantWrite);
}

Socket::Socket(Loop& loop, int fd, SocketUser& user, std::unique_ptr<Tls> tls)
    : loop_(&loop), watch_(loop.poller().add(fd, user)), tls_(std::move(tls)) {
  if (watch_ != nullptr) return;
  tls_.reset();
  ::close(fd);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  close();
  loop_ = other.loop_;
  watch_ = std::exchange(other.watch_, nullptr);
  tls_ = std::move(other.tls_);
  return *this;
}

std::optional<SocketAddress> Socket::peerAddress() const {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getpeername(fd(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  const SocketAddress address(reinterpret_cast<sockaddr*>(&storage), size);
  return address.isUnix() ? std::nullopt : std::optional(address);
}

// Remembers what an attempt over TLS tells about the descriptor.
IoResult Socket::noteRead(IoResult result) {
  if (result.status == IoStatus::kWantWrite) Poller::stuffed(*watch_);
  if (result.status == IoStatus::kWantRead || tls_->drained()) drained();
  loop_->forgetNow();  // cryptography takes time
  return result;
}

// After a failure, too: that it is lost is found out by reading.
IoResult Socket::noteWrite(IoResult result) {
  if (result.status != IoStatus::kOk) Poller::stuffed(*watch_);
  return result;
}

Status Socket::acceptTls(const TlsContext& context) { return startTls(Tls::accept(context, fd())); }

Status Socket::connectTls(const TlsContext& context, std::string_view host) {
  return startTls(Tls::connect(context, fd(), host));
}

Status Socket::startTls(Result<Tls> tls) {
  if (!tls) return Error{tls.error()};
  tls_ = std::make_unique<Tls>(std::move(*tls));
  return Ok{};
}

Handshake Socket::handshake() {
  switch (noteRead(tls_->handshake()).status) {
    case IoStatus::kOk: return Handshake::kDone;
    case IoStatus::kWantRead: want(true, false); return Handshake::kUnderWay;
    case IoStatus::kWantWrite: want(true, true); return Handshake::kUnderWay;
    case IoStatus::kClosed:
    case IoStatus::kError: break;
  }
  return Handshake::kFailed;
}

IoResult Socket::read(char* out, size_t size) {
  assert(valid());
  if (tls_) return noteRead(tls_->read(out, size));
  const IoResult got = readSocket(watch_->fd, out, size);
  const bool all = got.status == IoStatus::kOk && got.bytes == size;
  if (!all) drained();
  return got;
}

IoResult Socket::write(Bytes bytes) { return write(std::span<const Bytes>(&bytes, 1)); }

IoResult Socket::write(std::span<const Bytes> runs) {
  assert(valid());
  return noteWrite(tls_ ? tls_->write(runs) : writeSocket(watch_->fd, runs));
}

Socket::Released Socket::release() {
  Released out{fd(), std::move(tls_)};
  if (watch_ != nullptr) loop_->poller().remove(std::exchange(watch_, nullptr), true);
  return out;
}

void Socket::close() {
  if (watch_ == nullptr) return;
  if (tls_) tls_->shutdown();
  tls_.reset();
  const int descriptor = watch_->fd;
  loop_->poller().remove(std::exchange(watch_, nullptr), false);
  ::close(descriptor);
}

}  // namespace forebay::net
