// Requests one behind the other, taken apart as a session does it, before login and after.
#include <algorithm>
#include <string>

#include "redisproto/builder.h"
#include "redisproto/request.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::redisproto;

namespace {

void requireSame(RequestScan what, const Request& one, RequestScan other_what, const Request& other) {
  require(what == other_what && one.size == other.size && one.error == other.error &&
              one.is_inline == other.is_inline,
          "a request is the same however it comes");
  if (what == RequestScan::kRequest) require(one.args == other.args, "so are its args");
}

// The bytes come in two pieces, or one by one.
void checkPieces(Bytes in, const RequestLimits& limits, RequestScan what, const Request& whole) {
  const size_t looked_at =
      what == RequestScan::kRequest || what == RequestScan::kNothing ? whole.size : in.size();
  RequestProgress steps;
  Request out;
  for (size_t size = 1; size < std::min(looked_at, size_t{300}); ++size) {
    const RequestScan step = scanRequest(in.substr(0, size), limits, steps, out);
    if (step == RequestScan::kMalformed) {
      // Sooner than with all bytes there, but for the same reason.
      require(what == RequestScan::kMalformed && out.error == whole.error, "a mistake stays one");
      return;
    }
    require(step == RequestScan::kNeedMore, "half a request asks for more");
    require(steps.scanned + steps.searched <= size, "progress lies in what was looked at");
    if (whole.size != 0) require(out.announced <= whole.size, "no more is announced than comes");

    RequestProgress cut;
    scanRequest(in.substr(0, size), limits, cut, out);
    const RequestScan resumed = scanRequest(in, limits, cut, out);
    requireSame(what, whole, resumed, out);
  }
  requireSame(what, whole, scanRequest(in, limits, steps, out), out);
}

void checkArgs(Bytes in, const Request& found) {
  for (const Bytes arg : found.args)
    if (!found.is_inline) requireInside(arg, in.substr(0, found.size));
  std::string again;
  appendRequest(again, found.args);
  if (!found.is_inline) require(again == in.substr(0, found.size), "an array is written as it was read");
  RequestProgress progress;
  Request out;
  require(scanRequest(again, {}, progress, out) == RequestScan::kRequest && out.args == found.args,
          "what was read can be sent on");
  looksLikeHttp(found);
}

void checkStream(Bytes rest, const RequestLimits& limits) {
  while (!rest.empty()) {
    Request found;
    RequestProgress progress;
    const RequestScan what = scanRequest(rest, limits, progress, found);
    require((what == RequestScan::kMalformed) == !found.error.empty(), "what is malformed has a reason");
    checkPieces(rest, limits, what, found);
    if (what == RequestScan::kNeedMore || what == RequestScan::kMalformed) return;
    require(found.size != 0 && found.size <= rest.size(), "a request takes some of the bytes");
    require(found.args.empty() == (what == RequestScan::kNothing), "a request has a name");
    if (what == RequestScan::kRequest) checkArgs(rest, found);
    rest.remove_prefix(found.size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  checkStream(asBytes(data, size), {});
  checkStream(asBytes(data, size), kBeforeLogin);
  checkStream(asBytes(data, size), RequestLimits{3, 20});
  return 0;
}
