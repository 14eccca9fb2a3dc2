#include "tests/rig/redis_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace forebay::rig {

RedisValue RedisConnection::hello(int version, const std::string& password, const std::string& user) {
  RedisArgs args{"HELLO", std::to_string(version)};
  if (!password.empty()) args.insert(args.end(), {"AUTH", user, password});
  return run(args);
}

RedisValue RedisConnection::command(const RedisArgs& args) {
  sendCommand(args);
  return receive();
}

RedisValue RedisConnection::run(const RedisArgs& args) {
  RedisValue reply = command(args);
  if (reply.isError()) fail(args.at(0) + ": " + reply.text);
  return reply;
}

std::vector<RedisValue> RedisConnection::pipeline(const std::vector<RedisArgs>& commands) {
  std::string bytes;
  for (const RedisArgs& args : commands) bytes += encode(args);
  send(bytes);
  std::vector<RedisValue> out;
  while (out.size() < commands.size()) out.push_back(receive());
  return out;
}

void RedisConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!waitFor(fd_.get(), POLLOUT, kPatience)) fail("the peer takes no bytes");
    bytes.remove_prefix(trySend(bytes));
  }
}

size_t RedisConnection::trySend(std::string_view bytes) {
  if (tls_) {
    const size_t put = tls_->write(bytes);
    if (put == 0 && tls_->ended()) fail("send: the TLS session has ended");
    return put;
  }
  const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return static_cast<size_t>(sent);
  if (errno != EAGAIN) failErrno("send");
  return 0;
}

RedisValue RedisConnection::receive(milliseconds limit) { return receiveOf(false, limit); }
RedisValue RedisConnection::receivePush(milliseconds limit) { return receiveOf(true, limit); }

std::optional<RedisValue> RedisConnection::take(std::deque<RedisValue>& kept) {
  if (kept.empty()) return std::nullopt;
  RedisValue out = std::move(kept.front());
  kept.pop_front();
  return out;
}

RedisValue RedisConnection::receiveOf(bool push, milliseconds limit) {
  if (std::optional<RedisValue> kept = take(push ? pushes_ : replies_)) return std::move(*kept);
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    std::string bytes = receiveBytes(milliseconds(pollTimeout(deadline)));
    if (bytes.empty())
      fail(push ? "the connection ended before a push" : "the connection ended before the reply");
    RedisValue value = *parseRedisValue(bytes);
    if (value.isPush() == push) return value;
    (push ? replies_ : pushes_).push_back(std::move(value));
  }
}

std::optional<RedisValue> RedisConnection::receiveNext(milliseconds limit) {
  // Only one of the two can hold anything, unless a test waited for both kinds by turns.
  if (std::optional<RedisValue> kept = take(replies_)) return kept;
  if (std::optional<RedisValue> kept = take(pushes_)) return kept;
  std::string bytes = receiveBytes(limit);
  if (bytes.empty()) return std::nullopt;
  return parseRedisValue(bytes);
}

std::string RedisConnection::receiveBytes(milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    if (unread_.size() >= redisValueSizeAtLeast(unread_)) {
      if (const std::optional<size_t> size = redisValueSize(unread_)) {
        std::string out = unread_.substr(0, *size);
        unread_.erase(0, *size);
        return out;
      }
    }
    if (fill(deadline)) continue;
    if (!unread_.empty()) fail("the connection ended in the middle of a reply: " + unread_.substr(0, 200));
    return "";
  }
}

std::string RedisConnection::receiveExactly(size_t size, milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (unread_.size() < size) {
    if (!fill(deadline)) fail("the connection ended after " + std::to_string(unread_.size()) + " bytes");
  }
  std::string out = unread_.substr(0, size);
  unread_.erase(0, size);
  return out;
}

std::vector<RedisValue> RedisConnection::receiveToEnd(milliseconds limit) {
  std::vector<RedisValue> out;
  while (std::optional<RedisValue> value = receiveNext(limit)) out.push_back(std::move(*value));
  return out;
}

bool RedisConnection::silentFor(milliseconds time) {
  return replies_.empty() && pushes_.empty() && unread_.empty() && !waitFor(fd_.get(), POLLIN, time);
}

void RedisConnection::closeWrite() { shutdown(fd_.get(), SHUT_WR); }

void RedisConnection::reset() {
  resetOnClose(fd_.get());
  fd_.reset();
}

bool RedisConnection::fill(SteadyTime deadline) {
  return receiveMore(fd_.get(), tls_.get(), unread_, deadline);
}

}  // namespace forebay::rig
