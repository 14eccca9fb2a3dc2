// What the tests of builders and decoders share: one message made, opened, and cut at every position.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include "pgproto/frame.h"

namespace forebay::pgproto {

// The message that `append` makes of `args`.
template <typename... Args>
std::string built(void (*append)(std::string&, Args...), std::type_identity_t<Args>... args) {
  std::string out;
  append(out, args...);
  return out;
}

// The body of the one message of `type` that `message` is.
inline Bytes bodyOf(const std::string& message, char type) {
  Frame frame;
  EXPECT_EQ(scanFrame(message, 1000000, frame), Scan::kFrame);
  EXPECT_EQ(frame.whole.size(), message.size());
  EXPECT_EQ(frame.type, type);
  return frame.body;
}

// No prefix of a good body is a good body, and neither is the body with a byte behind it.
template <typename Out>
void expectExactLength(bool (*parse)(Bytes, Out&), Bytes body) {
  Out out;
  for (size_t n = 0; n < body.size(); ++n)
    EXPECT_FALSE(parse(body.substr(0, n), out)) << n << " of " << body.size() << " bytes";
  EXPECT_TRUE(parse(body, out));
  EXPECT_FALSE(parse(std::string(body) + "x", out)) << "with a byte too many";
}

}  // namespace forebay::pgproto
