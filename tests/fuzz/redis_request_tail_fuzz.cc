// A large request, of which the scanner sees the beginning and the tail follows the rest, in pieces of any
// size. The first byte says where the scanner leaves off and how large the pieces are.
#include <algorithm>

#include "redisproto/request.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::redisproto;

namespace {

const RequestLimits kLimits;

void checkTail(Bytes in, const RequestProgress& progress, size_t piece, RequestScan what,
               const Request& whole) {
  RequestTail tail(progress);
  size_t at = progress.scanned;
  while (at < in.size() && !tail.done() && tail.error().empty()) {
    const Bytes next = in.substr(at, piece);
    const size_t size = tail.follow(next, kLimits);
    require(size <= next.size(), "no more is followed than was given");
    require(size == next.size() || tail.done() || !tail.error().empty(), "only at an end some of it is left");
    at += size;
  }
  require(tail.done() == (what == RequestScan::kRequest), "the tail ends when the request is whole");
  require(tail.error() == whole.error, "the tail and the scanner see the same mistake");
  if (tail.done()) require(at == whole.size, "the tail ends where the request does");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t cut = data[0] >> 2;
  const size_t piece = size_t{1} << (2 * (data[0] & 3));  // 1, 4, 16 or 64 bytes
  const Bytes in = asBytes(data + 1, size - 1);

  Request whole;
  Request front;
  RequestProgress progress;
  const RequestScan what = scanRequest(in, kLimits, progress, whole);
  progress = {};
  if (scanRequest(in.substr(0, cut), kLimits, progress, front) != RequestScan::kNeedMore) return 0;
  if (progress.args_left != 0) checkTail(in, progress, piece, what, whole);
  return 0;
}
