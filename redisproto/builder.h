// Writes values in RESP2 or RESP3 at the end of a string; what RESP2 has no type for is written as Redis does
// it: a map as a flat array, a double or a verbatim text as a bulk string, true as :1.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace forebay::redisproto {

enum class Resp : uint8_t { k2 = 2, k3 = 3 };

void appendSimple(std::string& out, std::string_view text);  // +OK
// `text` begins with its prefix, "ERR" or another; CR and LF in it become spaces.
void appendError(std::string& out, std::string_view text);
void appendInteger(std::string& out, int64_t value);
void appendBulk(std::string& out, Bytes value);
void appendNull(std::string& out, Resp resp);       // $-1 or _
void appendNullArray(std::string& out, Resp resp);  // *-1 or _
void appendArray(std::string& out, size_t count);
void appendMap(std::string& out, size_t pairs, Resp resp);
void appendSet(std::string& out, size_t count, Resp resp);
void appendPush(std::string& out, size_t count, Resp resp);  // > or *
void appendBoolean(std::string& out, bool value, Resp resp);
void appendDouble(std::string& out, double value, Resp resp);
void appendVerbatim(std::string& out, std::string_view text, Resp resp);  // format "txt"

// A request as an array of bulk strings.
void appendRequest(std::string& out, std::span<const Bytes> args);
std::string request(std::initializer_list<Bytes> args);

}  // namespace forebay::redisproto
