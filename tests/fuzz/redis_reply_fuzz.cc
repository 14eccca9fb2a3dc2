// Replies and pushes one behind the other. They are followed in one piece, byte by byte and cut in two, and
// compared with a plain reader that recurses and knows nothing of pieces.
#include <algorithm>
#include <optional>

#include "redisproto/reply.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::redisproto;
using Status = ReplyScanner::Status;

namespace {

constexpr size_t kMaxPlain = 8192;  // so that the plain reader does not nest too deeply

// The size of the value at the front of `in`, if it is whole and right; `inside` another one no push may
// stand.
std::optional<size_t> plainSize(Bytes in, bool inside) {
  const size_t end = in.find("\r\n");
  if (in.empty() || end == Bytes::npos) return std::nullopt;
  const Bytes text = in.substr(1, end - 1);
  const char type = in[0];
  size_t size = end + 2;
  if (Bytes("+-:_#,(").find(type) != Bytes::npos) return size;
  if (Bytes("$!=*~%>|").find(type) == Bytes::npos || (type == '>' && inside)) return std::nullopt;
  if (text == "-1" && (type == '$' || type == '*')) return size;

  if (text.empty() || text.size() > 10 || text.find_first_not_of("0123456789") != Bytes::npos)
    return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  uint64_t count = 0;
  for (const char digit : text) count = count * 10 + static_cast<uint64_t>(digit - '0');
  if (Bytes("$!=").find(type) != Bytes::npos) {
    if (in.size() - size < 2 || count > in.size() - size - 2 || in.substr(size + count, 2) != "\r\n")
      return std::nullopt;
    return size + count + 2;
  }
  if (type == '%' || type == '|') count *= 2;
  for (uint64_t i = 0; i < count; ++i) {
    const std::optional<size_t> element = plainSize(in.substr(size), true);
    if (!element) return std::nullopt;
    size += *element;
  }
  if (type != '|') return size;
  const std::optional<size_t> value = plainSize(in.substr(size), inside);
  return value ? std::optional(size + *value) : std::nullopt;
}

Status feedAll(ReplyScanner& scanner, Bytes in, size_t piece) {
  Status status = Status::kMore;
  for (; status == Status::kMore && !in.empty(); in.remove_prefix(scanner.consumed())) {
    const Bytes next = in.substr(0, piece);
    status = scanner.feed(next);
    require(scanner.consumed() <= next.size(), "no more is taken than was given");
    require(status != Status::kMore || scanner.consumed() == next.size(),
            "more is asked for only at the end");
    require(scanner.started() == (status != Status::kEnd), "a value is under way until it ends");
  }
  return status;
}

void requireSame(const ReplyScanner& one, const ReplyScanner& other, Status status) {
  require(one.type() == other.type(), "the type is the same however the bytes come");
  if (status == Status::kMalformed) return;
  require(one.size() == other.size() && one.announced() == other.announced(),
          "the sizes are the same however the bytes come");
}

void checkPieces(Bytes in, const ReplyScanner& whole, Status status) {
  ReplyScanner steps;
  require(feedAll(steps, in, 1) == status, "byte by byte the same comes out");
  requireSame(steps, whole, status);
  for (size_t cut = 1; cut < std::min(in.size(), size_t{200}); ++cut) {
    ReplyScanner halves;
    Status halfway = feedAll(halves, in.substr(0, cut), cut);
    if (halfway == Status::kEnd) require(halves.size() <= cut && status == Status::kEnd, "an end stays one");
    if (halfway == Status::kMore) {
      if (status == Status::kEnd)
        require(halves.announced() <= whole.size() - cut, "no more is announced than comes");
      halfway = feedAll(halves, in.substr(cut), in.size());
    }
    require(halfway == status, "cut in two the same comes out");
    requireSame(halves, whole, status);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ReplyScanner stream;
  for (Bytes rest = asBytes(data, size); !rest.empty();) {
    ReplyScanner whole;
    const Status status = whole.feed(rest);
    require(stream.feed(rest) == status && stream.consumed() == whole.consumed(), "nothing stays of a value");
    checkPieces(rest, whole, status);
    if (rest.size() <= kMaxPlain) {
      const std::optional<size_t> plain = plainSize(rest, false);
      require(plain.has_value() == (status == Status::kEnd),
              "the plain reader finds an end where there is one");
      if (plain) require(whole.size() == *plain, "the end is where it should be");
    }
    if (status != Status::kEnd) return 0;
    require(whole.announced() == 0, "behind its end nothing is to come");
    rest.remove_prefix(whole.consumed());
  }
  return 0;
}
