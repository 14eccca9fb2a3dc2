#include "tests/rig/redis_value.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ostream>

#include "tests/rig/error.h"

namespace forebay::rig {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr char kAttribute = '|';

// Reads from the front; what is missing makes every later step fail too.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<RedisValue> value();
  size_t used() const { return at_; }

 private:
  std::optional<std::string> line();
  std::optional<std::string> blob(size_t size);
  bool children(std::vector<RedisValue>& out, size_t count);
  std::optional<RedisValue> sized(RedisValue out);

  std::string_view bytes_;
  size_t at_ = 0;
};

int64_t numberIn(std::string_view text) {
  int64_t out = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, out);
  if (problem != std::errc{} || stopped != end) fail("not a number in RESP: '" + std::string(text) + "'");
  return out;
}

size_t countIn(std::string_view text) {
  const int64_t count = numberIn(text);
  if (count < 0) fail("a negative length in RESP: " + std::string(text));
  return static_cast<size_t>(count);
}

std::optional<std::string> Reader::line() {
  const size_t end = bytes_.find(kLineEnd, at_);
  if (end == std::string_view::npos) return std::nullopt;
  std::string out(bytes_.substr(at_, end - at_));
  at_ = end + kLineEnd.size();
  return out;
}

std::optional<std::string> Reader::blob(size_t size) {
  if (bytes_.size() - at_ < kLineEnd.size() || bytes_.size() - at_ - kLineEnd.size() < size)
    return std::nullopt;
  std::string out(bytes_.substr(at_, size));
  if (bytes_.substr(at_ + size, kLineEnd.size()) != kLineEnd)
    fail("a RESP string does not end where it says");
  at_ += size + kLineEnd.size();
  return out;
}

bool Reader::children(std::vector<RedisValue>& out, size_t count) {
  for (; count > 0; --count) {
    std::optional<RedisValue> child = value();
    if (!child) return false;
    out.push_back(std::move(*child));
  }
  return true;
}

// `out` has its type and, as text, the number behind it.
std::optional<RedisValue> Reader::sized(RedisValue out) {
  const std::string announced = std::move(out.text);
  out.text.clear();
  if (announced == "-1" && out.type == RedisType::kBulk) {
    out.type = RedisType::kNullBulk;
    return out;
  }
  if (announced == "-1" && out.type == RedisType::kArray) {
    out.type = RedisType::kNullArray;
    return out;
  }
  const size_t count = countIn(announced);
  if (out.type == RedisType::kBulk || out.type == RedisType::kBulkError || out.type == RedisType::kVerbatim) {
    std::optional<std::string> text = blob(count);
    if (!text) return std::nullopt;
    out.text = std::move(*text);
    return out;
  }
  if (!children(out.children, out.type == RedisType::kMap ? 2 * count : count)) return std::nullopt;
  return out;
}

std::optional<RedisValue> Reader::value() {
  RedisValue out;
  while (at_ < bytes_.size() && bytes_[at_] == kAttribute) {
    ++at_;
    const std::optional<std::string> count = line();
    if (!count || !children(out.attributes, 2 * countIn(*count))) return std::nullopt;
  }
  if (at_ == bytes_.size()) return std::nullopt;
  const char first = bytes_[at_++];
  std::optional<std::string> rest = line();
  if (!rest) return std::nullopt;
  out.type = static_cast<RedisType>(first);
  out.text = std::move(*rest);
  switch (first) {
    case '+':
    case '-':
    case '(':
    case ',': return out;
    case '_': return out;
    case ':': out.integer = numberIn(out.text); return out;
    case '#': out.integer = out.text == "t" ? 1 : 0; return out;
    case '$':
    case '!':
    case '=':
    case '*':
    case '%':
    case '~':
    case '>': return sized(std::move(out));
    default: fail("not a RESP type: '" + std::string(1, first) + "' before '" + out.text + "'");
  }
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~') {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string list(const std::vector<RedisValue>& values) {
  std::string out = "[";
  for (const RedisValue& value : values) out += (out.size() > 1 ? ", " : "") + value.shown();
  return out + "]";
}

std::string pairs(const std::vector<RedisValue>& values) {
  std::string out = "{";
  for (size_t i = 0; i + 1 < values.size(); i += 2)
    out += (i > 0 ? ", " : "") + values[i].shown() + ": " + values[i + 1].shown();
  return out + "}";
}

std::string shownWithoutAttributes(const RedisValue& value) {
  const std::string type(1, static_cast<char>(value.type));
  switch (value.type) {
    case RedisType::kBulk: return quoted(value.text);
    case RedisType::kNull: return "nil";
    case RedisType::kNullBulk: return "$-1";
    case RedisType::kNullArray: return "*-1";
    case RedisType::kBulkError:
    case RedisType::kVerbatim: return type + quoted(value.text);
    case RedisType::kArray: return list(value.children);
    case RedisType::kMap: return pairs(value.children);
    case RedisType::kSet:
    case RedisType::kPush: return type + list(value.children);
    case RedisType::kSimple:
    case RedisType::kError:
    case RedisType::kInteger:
    case RedisType::kBoolean:
    case RedisType::kDouble:
    case RedisType::kBigNumber: return type + value.text;
  }
  return type;
}

RedisValue make(RedisType type, std::string text, int64_t integer = 0) {
  return {.type = type, .text = std::move(text), .integer = integer};
}

RedisValue make(RedisType type, std::vector<RedisValue> children) {
  return {.type = type, .children = std::move(children)};
}

}  // namespace

const RedisValue& RedisValue::at(std::string_view key) const {
  for (size_t i = 0; i + 1 < children.size(); i += 2) {
    if (children[i].text == key) return children[i + 1];
  }
  fail("no '" + std::string(key) + "' in " + shown());
}

std::vector<std::string> RedisValue::texts() const {
  std::vector<std::string> out;
  for (const RedisValue& child : children) out.push_back(child.text);
  return out;
}

std::string RedisValue::shown() const {
  return (attributes.empty() ? "" : "|" + pairs(attributes)) + shownWithoutAttributes(*this);
}

std::ostream& operator<<(std::ostream& out, const RedisValue& value) { return out << value.shown(); }

namespace resp {

RedisValue simple(std::string text) { return make(RedisType::kSimple, std::move(text)); }
RedisValue error(std::string text) { return make(RedisType::kError, std::move(text)); }
RedisValue integer(int64_t value) { return make(RedisType::kInteger, std::to_string(value), value); }
RedisValue bulk(std::string text) { return make(RedisType::kBulk, std::move(text)); }
RedisValue null() { return make(RedisType::kNull, ""); }
RedisValue nullBulk() { return make(RedisType::kNullBulk, ""); }
RedisValue nullArray() { return make(RedisType::kNullArray, ""); }
RedisValue boolean(bool value) { return make(RedisType::kBoolean, value ? "t" : "f", value ? 1 : 0); }
RedisValue real(std::string text) { return make(RedisType::kDouble, std::move(text)); }
RedisValue array(std::vector<RedisValue> children) { return make(RedisType::kArray, std::move(children)); }
RedisValue map(std::vector<RedisValue> children) { return make(RedisType::kMap, std::move(children)); }
RedisValue set(std::vector<RedisValue> children) { return make(RedisType::kSet, std::move(children)); }
RedisValue push(std::vector<RedisValue> children) { return make(RedisType::kPush, std::move(children)); }

RedisValue bulks(const std::vector<std::string>& texts) {
  std::vector<RedisValue> children;
  for (const std::string& text : texts) children.push_back(bulk(text));
  return array(std::move(children));
}

}  // namespace resp

std::string encode(const RedisArgs& args) {
  std::string out = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) out += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  return out;
}

std::optional<RedisValue> parseRedisValue(std::string& bytes) {
  Reader reader(bytes);
  std::optional<RedisValue> out = reader.value();
  if (out) bytes.erase(0, reader.used());
  return out;
}

std::optional<size_t> redisValueSize(std::string_view bytes) {
  Reader reader(bytes);
  if (!reader.value()) return std::nullopt;
  return reader.used();
}

size_t redisValueSizeAtLeast(std::string_view bytes) {
  const size_t end = bytes.find(kLineEnd);
  if (!bytes.starts_with("$") || end == std::string_view::npos) return 0;
  return end + static_cast<size_t>(std::max<int64_t>(numberIn(bytes.substr(1, end - 1)), 0));
}

}  // namespace forebay::rig
