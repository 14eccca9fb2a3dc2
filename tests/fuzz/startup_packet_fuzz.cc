// The first bytes of a stranger.
#include <string>
#include <utility>
#include <vector>

#include "pgproto/startup.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

void checkStartup(const StartupPacket& packet, Bytes whole) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const auto& [name, value] : packet.parameters) {
    requireInside(name, whole);
    requireInside(value, whole);
    require(!name.empty() && !name.starts_with("_pq_."),
            "parameters have names, and no protocol option is among them");
    parameters.emplace_back(name, value);
  }
  for (const Bytes option : packet.protocol_options) {
    requireInside(option, whole);
    require(option.starts_with("_pq_."), "protocol options have their prefix");
  }

  std::string again;
  appendStartupMessage(again, packet.protocol, parameters);
  if (packet.protocol_options.empty()) require(again == whole, "a startup message comes back as it was sent");
  StartupPacket reparsed;
  require(parseStartupPacket(again, reparsed) == Scan::kFrame, "what is built can be parsed");
  require(reparsed.parameters == packet.parameters, "the parameters come back as they were sent");
}

void checkPacket(const StartupPacket& packet, Bytes whole) {
  std::string again;
  switch (packet.kind) {
    case StartupKind::kStartup: return checkStartup(packet, whole);
    case StartupKind::kSslRequest:
      appendSslRequest(again);
      return require(again == whole, "an SSLRequest is always the same");
    case StartupKind::kGssEncRequest: return require(whole.size() == 8, "a GSSENCRequest has no payload");
    case StartupKind::kCancelRequest:
      requireInside(packet.cancel_secret, whole);
      require(
          packet.cancel_secret.size() >= kMinCancelSecret && packet.cancel_secret.size() <= kMaxCancelSecret,
          "a cancel secret has an allowed size");
      appendCancelRequest(again, packet.cancel_pid, packet.cancel_secret);
      return require(again == whole, "a cancel request comes back as it was sent");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes in = asBytes(data, size);
  StartupPacket packet;
  const Scan found = parseStartupPacket(in, packet);
  if (found == Scan::kNeedMore) require(size < kMaxStartupLength, "nobody may send for ever");
  if (found != Scan::kFrame) return 0;

  require(packet.size >= 8 && packet.size <= in.size() && packet.size <= kMaxStartupLength,
          "the size is possible");
  const Bytes whole = in.substr(0, packet.size);
  checkPacket(packet, whole);
  StartupPacket cut;
  for (const size_t cut_at : {size_t{0}, size_t{3}, size_t{7}, whole.size() / 2, whole.size() - 1})
    if (cut_at < whole.size())
      require(parseStartupPacket(whole.substr(0, cut_at), cut) == Scan::kNeedMore,
              "a cut packet asks for more");
  return 0;
}
