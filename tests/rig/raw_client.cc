#include "tests/rig/raw_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/bytes.h"

namespace forebay::rig {
namespace {

constexpr size_t kHeaderSize = 5;

std::string refusal(const Message& error) {
  return error.field('S') + " " + error.field('C') + ": " + error.field('M');
}

}  // namespace

std::string Message::field(char code) const {
  for (size_t at = 0; at < body.size() && body[at] != '\0';) {
    const size_t end = body.find('\0', at);
    if (end == std::string::npos) fail("an error field without an end");
    if (body[at] == code) return body.substr(at + 1, end - at - 1);
    at = end + 1;
  }
  return "";
}

std::vector<std::string> Message::row() const {
  std::vector<std::string> out;
  const Bytes bytes = body;
  size_t at = 2;
  for (int left = readBe16(bytes); left > 0; --left) {
    const uint32_t size = readBe32(bytes.substr(at));
    at += 4;
    out.push_back(size == UINT32_MAX ? "NULL" : body.substr(at, size));
    if (size != UINT32_MAX) at += size;
  }
  return out;
}

void RawClient::login(const std::string& database, const std::string& user, const LoginOptions& options) {
  std::vector<std::pair<std::string, std::string>> parameters{{"user", user}, {"database", database}};
  parameters.insert(parameters.end(), options.parameters.begin(), options.parameters.end());
  send(wire::startup(parameters, options.version));
  while (true) {
    const std::optional<Message> message = read();
    if (!message) fail("closed during the login");
    const std::string& body = message->body;
    switch (message->type) {
      case 'R': answerAuthentication(*message, user, options.password); break;
      case 'S':
        parameters_[body.substr(0, body.find('\0'))] = body.substr(body.find('\0') + 1).c_str();
        break;
      case 'K':
        pid_ = readBe32(body);
        secret_ = body.substr(4);
        break;
      case 'E': fail(refusal(*message));
      case 'Z': return;
      default: break;  // notices, NegotiateProtocolVersion
    }
  }
}

void RawClient::answerAuthentication(const Message& request, const std::string& user,
                                     const std::string& password) {
  switch (const uint32_t kind = readBe32(request.body)) {
    case 0: return;
    case 3: return send(wire::password(password));
    case 5: return send(wire::md5Password(user, password, request.body.substr(4)));
    default: fail("this client cannot answer authentication request " + std::to_string(kind));
  }
}

void RawClient::startTls(const TlsOptions& options) {
  tls_ = std::make_unique<TlsSession>(fd_.get(), options);
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!waitFor(fd_.get(), POLLOUT, kPatience)) fail("the peer takes no bytes");
    bytes.remove_prefix(trySend(bytes));
  }
}

size_t RawClient::trySend(std::string_view bytes) {
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

std::optional<Message> RawClient::read(milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    if (unread_.size() >= kHeaderSize) {
      const size_t whole = size_t{readBe32(Bytes(unread_).substr(1))} + 1;
      if (unread_.size() >= whole) {
        Message out{unread_[0], unread_.substr(kHeaderSize, whole - kHeaderSize)};
        unread_.erase(0, whole);
        return out;
      }
    }
    if (!fill(deadline)) {
      if (!unread_.empty()) fail("the connection ended in the middle of a message");
      return std::nullopt;
    }
  }
}

std::vector<Message> RawClient::readUntil(char type, milliseconds limit) {
  std::vector<Message> out;
  while (out.empty() || out.back().type != type) {
    std::optional<Message> message = read(limit);
    if (!message) fail(std::string("the connection ended before '") + type + "', after " + types(out));
    out.push_back(std::move(*message));
  }
  return out;
}

char RawClient::readByte(milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (unread_.empty()) {
    if (!fill(deadline)) fail("the connection ended");
  }
  const char byte = unread_[0];
  unread_.erase(0, 1);
  return byte;
}

std::vector<Message> RawClient::readToEnd(milliseconds limit) {
  std::vector<Message> out;
  while (std::optional<Message> message = read(limit)) out.push_back(std::move(*message));
  return out;
}

bool RawClient::silentFor(milliseconds time) { return unread_.empty() && !waitFor(fd_.get(), POLLIN, time); }

std::vector<Message> RawClient::query(std::string_view sql) {
  send(wire::query(sql));
  return readUntil('Z');
}

std::vector<std::vector<std::string>> RawClient::rows(std::string_view sql) {
  std::vector<std::vector<std::string>> out;
  for (const Message& message : query(sql)) {
    if (message.type == 'E') fail(std::string(sql) + ": " + refusal(message));
    if (message.type == 'D') out.push_back(message.row());
  }
  return out;
}

void RawClient::closeWrite() { shutdown(fd_.get(), SHUT_WR); }

void RawClient::reset() {
  resetOnClose(fd_.get());
  fd_.reset();
}

bool RawClient::fill(SteadyTime deadline) { return receiveMore(fd_.get(), tls_.get(), unread_, deadline); }

std::string types(const std::vector<Message>& messages) {
  std::string out;
  for (const Message& message : messages) out += message.type;
  return out;
}

}  // namespace forebay::rig
