// Requests as clients send them: arrays of bulk strings, or inline lines, parsed as Redis itself does
// (https://redis.io/docs/latest/develop/reference/protocol-spec/, networking.c's limits and error texts).
//
// Pure functions over bytes. Nothing is copied but what an inline line's quotes and escapes make necessary,
// and nothing is reserved by an announced count or length.
//
// Two things are not as in Redis. Where it skips two bytes behind a length or a bulk string without a look at
// them, CR LF is asked for: an array goes on to the server as it came, and a server that reads it in another
// way than we do would give its replies to the wrong clients. And a zero byte in an inline line is like any
// other, where Redis takes it for the end of all there is and waits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace forebay::redisproto {

struct RequestLimits {
  uint32_t max_args = 1024 * 1024;
  uint64_t max_bulk = uint64_t{512} << 20;
  bool before_login = false;  // what is above them, but below the usual ones, is called unauthenticated
};
// A stranger may send no more (Redis: CVE-2021-32675).
constexpr RequestLimits kBeforeLogin{10, 16384, true};
constexpr size_t kMaxInline = 65536;  // also of a header line, without its end

enum class RequestScan : uint8_t {
  kRequest,   // one is whole
  kNothing,   // `size` bytes that ask for nothing and are not answered: a blank line, *0, *-1
  kNeedMore,  // what there is, is the beginning of one
  kMalformed,
};

// What is known of the request at the front of the bytes that were looked at. Kept and used again: its
// vector keeps its memory. Its views point into the bytes, or into `inline_text`: not to be moved or copied
// while they are needed.
struct Request {
  size_t size = 0;          // kRequest, kNothing: bytes that it takes
  std::vector<Bytes> args;  // kNeedMore: those that are whole so far
  bool is_inline = false;   // never to be forwarded as it stands
  std::string inline_text;  // what an inline line's arguments were unescaped to
  // kNeedMore in an array: how far it was followed, and what is to come.
  uint64_t announced = 0;  // a lower bound of the whole request's bytes, from the lengths seen so far
  std::string_view error;  // kMalformed: Redis' own words, such as "Protocol error: invalid bulk length"
};

// Where a request that is not whole yet was left, so that nothing is looked at twice however small the pieces
// are that it comes in. All zero: at the front of a request.
struct RequestProgress {
  uint64_t scanned = 0;    // bytes that are done with
  uint32_t args_left = 0;  // of an array whose header is in `scanned`
  uint32_t searched = 0;   // bytes behind `scanned` in which the line that begins there does not end
};

// Looks at the request at the front of `in`, of which the first `progress.scanned` bytes are known from the
// last call. On kNeedMore `progress` is where to go on; on everything else it is reset. With a progress that
// is not zero, `out.args` is filled only once the request is whole.
[[gnu::hot]] RequestScan scanRequest(Bytes in, const RequestLimits& limits, RequestProgress& progress,
                                     Request& out);

// Follows the rest of a large request that goes on in pieces as they come, without holding it. Begins where
// scanRequest() left off: at in[progress.scanned].
class RequestTail {
 public:
  RequestTail() = default;
  explicit RequestTail(const RequestProgress& progress) : args_left_(progress.args_left) {}

  // How many bytes of `in` still belong to the request. Less than all, or done(): it has ended there. On
  // broken framing: error() is not empty.
  size_t follow(Bytes in, const RequestLimits& limits);
  bool done() const { return args_left_ == 0 && state_ == State::kHeader && header_.empty(); }
  std::string_view error() const { return error_; }

 private:
  enum class State : uint8_t { kHeader, kBody };

  const char* followHeader(const char* at, const char* end, const RequestLimits& limits);
  const char* followBody(const char* at, const char* end);

  uint32_t args_left_ = 0;  // that have not begun
  State state_ = State::kHeader;
  uint64_t body_left_ = 0;  // with the CR LF behind it
  std::string header_;      // the beginning of a "$n" line that was cut
  std::string_view error_;
};

// "POST" and "Host:" at the beginning of a request: a browser that was tricked into talking to us. Such a
// connection is closed without an answer (CVE-2016-10517's class).
bool looksLikeHttp(const Request& request);

// Redis' sdssplitargs(): quotes, \x escapes. False: unbalanced quotes.
bool splitInline(Bytes line, std::string& text, std::vector<Bytes>& args);

}  // namespace forebay::redisproto
