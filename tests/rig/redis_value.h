// RedisValue is one reply of a Redis, as a tree: RESP2 and RESP3 alike. Written apart from redisproto/, so
// that a mistake there is not repeated here.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forebay::rig {

using RedisArgs = std::vector<std::string>;  // a command and its arguments, binary-safe

// The first byte of a reply says its type; RESP2 has two nulls of its own.
enum class RedisType : char {
  kSimple = '+',
  kError = '-',
  kInteger = ':',
  kBulk = '$',
  kArray = '*',
  kNull = '_',
  kNullBulk = 'b',   // $-1
  kNullArray = 'a',  // *-1
  kBoolean = '#',
  kDouble = ',',
  kBigNumber = '(',
  kBulkError = '!',
  kVerbatim = '=',
  kMap = '%',
  kSet = '~',
  kPush = '>',
};

struct RedisValue {
  RedisType type = RedisType::kNull;
  std::string text{};                    // as it came; of a verbatim string with its "txt:"
  int64_t integer = 0;                   // of a number; 1 for true
  std::vector<RedisValue> children{};    // of a map: key, value, key, value, ...
  std::vector<RedisValue> attributes{};  // what came before it in an attribute: key, value, ...
  bool operator==(const RedisValue&) const = default;

  bool isError() const { return type == RedisType::kError || type == RedisType::kBulkError; }
  bool isPush() const { return type == RedisType::kPush; }
  bool isNull() const {
    return type == RedisType::kNull || type == RedisType::kNullBulk || type == RedisType::kNullArray;
  }
  // Of a map, in RESP2 an array of pairs: the value beside that key; throws when there is none.
  const RedisValue& at(std::string_view key) const;
  const RedisValue& at(size_t index) const { return children.at(index); }
  std::vector<std::string> texts() const;  // of the children

  // On one line: +OK, -ERR no, :3, "bulk", nil, [a, b], {k: v}, ~[set], >[push], #t, ,1.5
  std::string shown() const;
};

std::ostream& operator<<(std::ostream& out, const RedisValue& value);

// What a test expects.
namespace resp {
RedisValue simple(std::string text);
RedisValue error(std::string text);
RedisValue integer(int64_t value);
RedisValue bulk(std::string text);
RedisValue null();  // of RESP3
RedisValue nullBulk();
RedisValue nullArray();
RedisValue boolean(bool value);
RedisValue real(std::string text);
RedisValue array(std::vector<RedisValue> children);
RedisValue map(std::vector<RedisValue> children);
RedisValue set(std::vector<RedisValue> children);
RedisValue push(std::vector<RedisValue> children);
RedisValue bulks(const std::vector<std::string>& texts);  // an array of bulk strings
}  // namespace resp

// The command as an array of bulk strings, as clients send it.
std::string encode(const RedisArgs& args);

// The value at the front of `bytes`, which are cut off; nullopt: not all of it is there. Throws when it is
// none.
std::optional<RedisValue> parseRedisValue(std::string& bytes);
// How long it is on the wire; nullopt: not all of it is there.
std::optional<size_t> redisValueSize(std::string_view bytes);
// What a string announces, so that a large one in many pieces is looked at only once; 0 for other values.
size_t redisValueSizeAtLeast(std::string_view bytes);

}  // namespace forebay::rig
