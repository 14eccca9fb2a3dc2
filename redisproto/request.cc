#include "redisproto/request.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "redisproto/request_header.h"

namespace forebay::redisproto {

namespace {

constexpr uint64_t kMinArg = 6;  // "$0", CR LF, CR LF

constexpr std::string_view kLongInline = "Protocol error: too big inline request";
constexpr std::string_view kUnbalanced = "Protocol error: unbalanced quotes in request";

RequestScan malformed(std::string_view error, RequestProgress& progress, Request& out) {
  progress = {};
  out.args.clear();
  out.error = error;
  return RequestScan::kMalformed;
}

RequestScan whole(RequestScan found, size_t size, RequestProgress& progress, Request& out) {
  progress = {};
  out.size = size;
  return found;
}

// Follows the args that are left of an array, from where `progress` stands to the end or to the one that is
// cut.
[[gnu::always_inline]] inline RequestScan followArgs(Bytes in, const RequestLimits& limits, bool collecting,
                                                     RequestProgress& progress, Request& out) {
  const char* const end = in.data() + in.size();
  const char* at = in.data() + progress.scanned;
  uint32_t left = progress.args_left;
  uint32_t searched = progress.searched;
  uint64_t cut_size = kMinArg;
  for (; left != 0; --left) {
    const Header length = readHeader('$', at, end, searched, limits);
    if (!length.error.empty()) return malformed(length.error, progress, out);
    if (length.size == 0) break;
    const char* const body = at + length.size;
    const uint64_t size = static_cast<uint64_t>(length.value);
    const uint64_t there = static_cast<uint64_t>(end - body);
    if (!crLfFits(body, std::min(there, size + kCrLf), size + kCrLf))
      return malformed(kInvalidLength, progress, out);
    if (there < size + kCrLf) {
      cut_size = length.size + size + kCrLf;
      break;
    }
    if (collecting) out.args.emplace_back(body, size);
    at = body + size + kCrLf;
    searched = 0;
  }
  const size_t scanned = static_cast<size_t>(at - in.data());
  if (left == 0) return whole(RequestScan::kRequest, scanned, progress, out);
  progress = {scanned, left, searched};
  out.announced = scanned + cut_size + kMinArg * (left - 1);
  return RequestScan::kNeedMore;
}

RequestScan scanArray(Bytes in, const RequestLimits& limits, RequestProgress& progress, Request& out) {
  const bool collecting = progress.scanned == 0;
  if (collecting) {
    const Header count = readHeader('*', in.data(), in.data() + in.size(), progress.searched, limits);
    if (!count.error.empty()) return malformed(count.error, progress, out);
    if (count.size == 0) return RequestScan::kNeedMore;
    if (count.value <= 0) return whole(RequestScan::kNothing, count.size, progress, out);
    progress = {count.size, static_cast<uint32_t>(count.value), 0};
  }
  const RequestScan found = followArgs(in, limits, collecting, progress, out);
  if (found != RequestScan::kRequest || collecting) return found;
  return scanArray(in.substr(0, out.size), limits, progress, out);  // it is whole now: collect its args
}

RequestScan scanInline(Bytes in, RequestProgress& progress, Request& out) {
  const size_t look = std::min(in.size(), kMaxInline + 1);
  const void* const found = std::memchr(in.data() + progress.searched, '\n', look - progress.searched);
  if (found == nullptr) {
    if (in.size() > kMaxInline) return malformed(kLongInline, progress, out);
    progress.searched = static_cast<uint32_t>(look);
    return RequestScan::kNeedMore;
  }
  const size_t lf = static_cast<size_t>(static_cast<const char*>(found) - in.data());
  Bytes line = in.substr(0, lf);
  if (line.ends_with('\r')) line.remove_suffix(1);
  out.is_inline = true;
  if (!splitInline(line, out.inline_text, out.args)) return malformed(kUnbalanced, progress, out);
  return whole(out.args.empty() ? RequestScan::kNothing : RequestScan::kRequest, lf + 1, progress, out);
}

}  // namespace

RequestScan scanRequest(Bytes in, const RequestLimits& limits, RequestProgress& progress, Request& out) {
  assert(progress.scanned + progress.searched <= in.size());
  out.size = 0;
  out.args.clear();
  out.is_inline = false;
  out.announced = 0;
  out.error = {};
  if (in.empty()) return RequestScan::kNeedMore;
  return in[0] == '*' ? scanArray(in, limits, progress, out) : scanInline(in, progress, out);
}

bool looksLikeHttp(const Request& request) {
  if (request.args.empty()) return false;
  const auto is = [&](std::string_view lower) {
    return std::equal(request.args[0].begin(), request.args[0].end(), lower.begin(), lower.end(),
                      [](char got, char want) {
                        return got == want || (got >= 'A' && got <= 'Z' && got + ('a' - 'A') == want);
                      });
  };
  return is("post") || is("host:");
}

}  // namespace forebay::redisproto
