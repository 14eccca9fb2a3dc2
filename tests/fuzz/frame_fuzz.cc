// A stream of messages, taken apart as a session does it.
#include <string>

#include "pgproto/frame.h"
#include "pgproto/message_builder.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

constexpr uint32_t kMaxLength = 1u << 20;

void checkFrame(const Frame& frame, const Header& header, Bytes rest) {
  require(frame.whole.data() == rest.data() && frame.whole.size() <= rest.size(),
          "a frame begins where it was looked for");
  require(frame.whole.size() == header.size && frame.type == header.type,
          "the header tells what the frame is");
  require(frame.whole.substr(kHeaderSize) == frame.body, "the body is all but the header");

  std::string again;
  {
    MessageBuilder message(again, frame.type);
    again.append(frame.body);
  }
  require(again == frame.whole, "a frame comes back as it was sent");

  Frame cut;
  for (const size_t size :
       {size_t{0}, kHeaderSize - 1, kHeaderSize, frame.whole.size() / 2, frame.whole.size() - 1}) {
    if (size >= frame.whole.size()) continue;
    require(scanFrame(rest.substr(0, size), kMaxLength, cut) == Scan::kNeedMore, "a cut frame asks for more");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (Bytes rest = asBytes(data, size);;) {
    Frame frame;
    Header header;
    const Scan found = scanFrame(rest, kMaxLength, frame);
    const Scan looked = scanHeader(rest, kMaxLength, header);
    require((found == Scan::kMalformed) == (looked == Scan::kMalformed),
            "header and frame agree on what is malformed");
    if (found == Scan::kNeedMore)
      require(looked == Scan::kNeedMore || header.size > rest.size(),
              "only a message that is not whole needs more");
    if (found != Scan::kFrame) return 0;
    checkFrame(frame, header, rest);
    rest.remove_prefix(frame.whole.size());
  }
}
