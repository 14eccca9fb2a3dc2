#include "pgproto/startup.h"

#include "pgproto/message_builder.h"

namespace forebay::pgproto {
namespace {

// Where a protocol version would stand these ask for something else; no version has such a major number.
constexpr uint32_t kCancelRequestCode = (1234u << 16) | 5678;
constexpr uint32_t kSslRequestCode = (1234u << 16) | 5679;
constexpr uint32_t kGssEncRequestCode = (1234u << 16) | 5680;

constexpr uint32_t kPacketHeaderSize = 8;  // length and code
constexpr Bytes kProtocolOptionPrefix = "_pq_.";

StartupKind kindOf(uint32_t code) {
  switch (code) {
    case kSslRequestCode: return StartupKind::kSslRequest;
    case kGssEncRequestCode: return StartupKind::kGssEncRequest;
    case kCancelRequestCode: return StartupKind::kCancelRequest;
    default: return StartupKind::kStartup;
  }
}

// What length and code alone rule out. Nobody has logged in yet: do not wait for the rest of a packet that is
// wrong.
bool headerMakesSense(uint32_t length, const StartupPacket& packet) {
  switch (packet.kind) {
    case StartupKind::kStartup: return packet.protocol >> 16 == 3;
    case StartupKind::kSslRequest:
    case StartupKind::kGssEncRequest: return length == kPacketHeaderSize;
    case StartupKind::kCancelRequest:
      return length >= kPacketHeaderSize + 4 + kMinCancelSecret &&
             length <= kPacketHeaderSize + 4 + kMaxCancelSecret;
  }
  return false;
}

// Names and values in turn; an empty name, which must be the last byte, ends them.
bool parseParameters(Reader& in, StartupPacket& out) {
  for (;;) {
    const Bytes name = in.cstring();
    if (name.empty()) return in.atEnd();
    const Bytes value = in.cstring();
    if (!in.ok()) return false;
    if (name.starts_with(kProtocolOptionPrefix)) {
      out.protocol_options.push_back(name);
    } else {
      out.parameters.emplace_back(name, value);
    }
  }
}

bool parsePayload(Bytes payload, StartupPacket& out) {
  Reader in(payload);
  switch (out.kind) {
    case StartupKind::kStartup: return parseParameters(in, out);
    case StartupKind::kCancelRequest:
      out.cancel_pid = in.int32();
      out.cancel_secret = in.rest();
      return in.ok();
    case StartupKind::kSslRequest:
    case StartupKind::kGssEncRequest: return in.atEnd();
  }
  return false;
}

void appendCode(std::string& out, size_t length, uint32_t code) {
  appendBe32(out, static_cast<uint32_t>(length));
  appendBe32(out, code);
}

}  // namespace

Scan parseStartupPacket(Bytes in, StartupPacket& out) {
  out = {};
  if (in.size() < 4) return Scan::kNeedMore;
  const uint32_t length = readBe32(in);  // counts itself
  if (length < kPacketHeaderSize || length > kMaxStartupLength) return Scan::kMalformed;
  if (in.size() < kPacketHeaderSize) return Scan::kNeedMore;

  const uint32_t code = readBe32(in.substr(4));
  out.kind = kindOf(code);
  if (out.kind == StartupKind::kStartup) out.protocol = code;
  if (!headerMakesSense(length, out)) return Scan::kMalformed;
  if (in.size() < length) return Scan::kNeedMore;

  out.size = length;
  if (parsePayload(in.substr(kPacketHeaderSize, length - kPacketHeaderSize), out)) return Scan::kFrame;
  out.protocol = 0;  // the version is not what is wrong
  return Scan::kMalformed;
}

void appendSslRequest(std::string& out) { appendCode(out, kPacketHeaderSize, kSslRequestCode); }

void appendCancelRequest(std::string& out, uint32_t pid, Bytes secret) {
  appendCode(out, kPacketHeaderSize + 4 + secret.size(), kCancelRequestCode);
  appendBe32(out, pid);
  out.append(secret);
}

void appendStartupMessage(std::string& out, uint32_t protocol,
                          const std::vector<std::pair<std::string, std::string>>& parameters) {
  const size_t start = out.size();
  appendCode(out, 0, protocol);
  for (const auto& [name, value] : parameters) {
    appendCString(out, name);
    appendCString(out, value);
  }
  out.push_back('\0');
  storeBe32(out.data() + start, static_cast<uint32_t>(out.size() - start));
}

// PostgreSQL and libpq put the whole version here, major number included, though the documentation long spoke
// of the minor one alone.
void appendNegotiateProtocolVersion(std::string& out, uint32_t newest_minor,
                                    const std::vector<Bytes>& unknown_options) {
  MessageBuilder message(out, 'v');
  appendBe32(out, kProtocol30 | newest_minor);
  appendBe32(out, static_cast<uint32_t>(unknown_options.size()));
  for (const Bytes option : unknown_options) appendCString(out, option);
}

}  // namespace forebay::pgproto
