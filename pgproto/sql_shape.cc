#include "pgproto/sql_shape.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "pgproto/sql_bytes.h"
#include "pgproto/sql_lexer.h"

namespace forebay::pgproto {
using namespace sql_bytes;

namespace {

constexpr size_t kLanes = 16;
using Block = uint8_t __attribute__((vector_size(kLanes)));

Block load(const char* from) {
  Block block;
  std::memcpy(&block, from, sizeof block);
  return block;
}

// What holds for each of 16 bytes: 255 where it does, else 0.
class Lanes {
 public:
  template <typename Vector>
  explicit Lanes(Vector holds) {
    static_assert(sizeof holds == sizeof half_ && std::endian::native == std::endian::little);
    std::memcpy(half_, &holds, sizeof half_);
  }

  bool any() const { return (half_[0] | half_[1]) != 0; }
  size_t first() const {  // kLanes: there is none
    if (half_[0] != 0) return static_cast<size_t>(std::countr_zero(half_[0])) / 8;
    return half_[1] != 0 ? 8 + static_cast<size_t>(std::countr_zero(half_[1])) / 8 : kLanes;
  }
  bool oddBefore(size_t lane) const {
    const uint64_t kept = lane <= 8 ? kept8(half_[0], lane) : half_[0] ^ kept8(half_[1], lane - 8);
    return (((kept & kOnes) * kOnes) >> 56) % 2 != 0;  // the product's top byte is the sum of all of them
  }

 private:
  static uint64_t kept8(uint64_t half, size_t lane) {
    return lane == 8 ? half : half & ((uint64_t{1} << (8 * lane)) - 1);
  }

  static constexpr uint64_t kOnes = 0x0101010101010101;
  uint64_t half_[2];
};

auto isAmong(Block bytes, char first, char last) {
  return bytes - static_cast<uint8_t>(first) <= static_cast<uint8_t>(last - first);
}
auto isWord(Block bytes) {  // isWordByte()
  return isAmong(bytes | 0x20, 'a', 'z') | isAmong(bytes, '0', '9') | (bytes == '_') | (bytes == '$') |
         (bytes >= 0x80);
}

// Where a literal, a parameter or a comment may begin. The bytes in front of `at` and behind its 16 are read,
// too.
Lanes beginnings(const char* at) {
  const Block here = load(at), before = load(at - 1), next = load(at + 1);
  return Lanes((here == '\'') | (here == '$') | (isAmong(here, '0', '9') & ~isWord(before)) |
               ((here == '-') & (next == '-')) | ((here == '/') & (next == '*')));
}

bool isDigit(char c) { return classOf(c) == kDigit; }
bool isBlank(char c) { return classOf(c) == kSpace; }

class ShapeWriter {
 public:
  ShapeWriter(Bytes sql, char* out)
      : begin_(sql.data()), end_(begin_ + sql.size()), at_(begin_), out_begin_(out), out_(out) {}

  Bytes write();

 private:
  void copyPlain();
  bool copyPlainByte();
  void copyTo(const char* to);
  void quotedName();
  void step();
  void blanks();
  void number();
  void string();
  void dollar();
  void put(Bytes placeholder);
  void unreadable();
  void endItem(char kind, const char* item);
  bool opensList(const char* item) const;
  bool endsInWord(const char* end, Bytes lower) const;
  const char* skipBlanksBack(const char* from) const;

  // Is the byte in front of `at` part of a word that may go on there?
  bool inWord(const char* at) const { return at != begin_ && at != token_end_ && isWordByte(at[-1]); }
  char peek() const { return end_ - at_ > 1 ? at_[1] : '\0'; }
  SqlLexer lexerAt(const char* from) const { return SqlLexer({from, static_cast<size_t>(end_ - from)}); }

  const char* const begin_;
  const char* const end_;
  const char* at_;
  char* const out_begin_;
  char* out_;
  const char* token_end_ = nullptr;  // of the last literal or parameter: no word goes on behind it
  bool in_name_ = false;             // inside double quotes
  char* list_end_ = nullptr;  // behind the one item that is kept of a list, while nothing but commas follow
  char list_kind_ = '\0';
};

Bytes ShapeWriter::write() {
  blanks();
  while (at_ != end_) {
    copyPlain();
    if (at_ == end_) break;
    if (in_name_)
      quotedName();
    else
      step();
  }
  while (out_ != out_begin_ && isBlank(out_[-1])) --out_;
  return {out_begin_, static_cast<size_t>(out_ - out_begin_)};
}

void ShapeWriter::copyPlain() {
  if (at_ == begin_ && !copyPlainByte()) return;  // a block looks at the byte in front of it
  while (static_cast<size_t>(end_ - at_) > kLanes) {
    const size_t plain = beginnings(at_).first();
    const Block bytes = load(at_);
    std::memcpy(out_, &bytes, sizeof bytes);
    const Lanes quotes(bytes == '"');
    if (quotes.any()) in_name_ ^= quotes.oddBefore(plain);
    at_ += plain;
    out_ += plain;
    if (plain < kLanes) return;
  }
  while (at_ != end_ && copyPlainByte()) continue;
}

// False where a literal, a parameter or a comment may begin.
bool ShapeWriter::copyPlainByte() {
  switch (classOf(*at_)) {
    case kQuote:
    case kDollar: return false;
    case kDigit:
      if (at_ == begin_ || !isWordByte(at_[-1])) return false;
      break;
    case kDash:
      if (peek() == '-') return false;
      break;
    case kSlash:
      if (peek() == '*') return false;
      break;
    case kDoubleQuote: in_name_ = !in_name_; break;
    case kSpace:
    case kLetter:
    case kEscapePrefix:
    case kUnicodePrefix:
    case kOther: break;
  }
  *out_++ = *at_++;
  return true;
}

void ShapeWriter::copyTo(const char* to) {
  out_ = std::copy(at_, to, out_);
  at_ = to;
}

// The rest of it. A doubled quote ends one here and begins the next.
void ShapeWriter::quotedName() {
  const void* const quote = std::memchr(at_, '"', static_cast<size_t>(end_ - at_));
  copyTo(quote != nullptr ? static_cast<const char*>(quote) + 1 : end_);
  in_name_ = false;
}

void ShapeWriter::step() {
  switch (*at_) {
    case '\'': return string();
    case '$': return dollar();
    case '-':
    case '/': return blanks();
    default: return number();
  }
}

void ShapeWriter::blanks() {
  SqlLexer lexer = lexerAt(at_);
  lexer.skipBlanks();
  at_ = lexer.position();
  if (out_ != out_begin_ && !isBlank(out_[-1])) *out_++ = ' ';
}

void ShapeWriter::number() {
  SqlLexer lexer = lexerAt(at_);
  lexer.next();
  at_ = lexer.position();
  if (at_ != end_ && foldAscii(*at_) == 'e') {
    const char* exponent = at_ + 1;
    if (exponent != end_ && (*exponent == '+' || *exponent == '-')) ++exponent;
    if (exponent != end_ && isDigit(*exponent)) {
      while (exponent != end_ && isDigit(*exponent)) ++exponent;
      at_ = exponent;
    }
  }
  const char* const sign = out_ != out_begin_ && out_[-1] == '-' ? out_ - 1 : out_;
  put("1");
  endItem('1', sign);
}

void ShapeWriter::string() {
  const bool escapes = at_ != begin_ && foldAscii(at_[-1]) == 'e' && !inWord(at_ - 1);
  const char* const item = out_;
  do {  // a doubled quote ends one string for the lexer and begins the next
    SqlLexer lexer = lexerAt(escapes ? at_ - 1 : at_);
    if (lexer.next().kind == SqlTokenKind::kEnd) return unreadable();
    at_ = lexer.position();
  } while (!escapes && at_ != end_ && *at_ == '\'');
  put("'0'");
  endItem('\'', item);
}

void ShapeWriter::dollar() {
  SqlLexer lexer = lexerAt(at_);
  const SqlTokenKind kind = inWord(at_) ? SqlTokenKind::kSymbol : lexer.next().kind;
  const char* const item = out_;
  switch (kind) {
    case SqlTokenKind::kParameter:
      copyTo(lexer.position());
      token_end_ = at_;
      return endItem('$', item);
    case SqlTokenKind::kString:
      at_ = lexer.position();
      put("'0'");
      return endItem('\'', item);
    case SqlTokenKind::kEnd: return unreadable();
    default: return copyTo(at_ + 1);
  }
}

void ShapeWriter::put(Bytes placeholder) {
  out_ = std::copy(placeholder.begin(), placeholder.end(), out_);
  token_end_ = at_;
}

void ShapeWriter::unreadable() {
  at_ = end_;
  put("'");
}

// A literal or parameter has been written, from `item` on. Of a list of them only the first stays.
void ShapeWriter::endItem(char kind, const char* item) {
  if (list_end_ != nullptr && list_kind_ == kind) {
    const char* const comma = skipBlanksBack(item) - 1;
    if (comma >= list_end_ && *comma == ',' && skipBlanksBack(comma) == list_end_) {
      out_ = list_end_;
      return;
    }
  }
  list_end_ = opensList(item) ? out_ : nullptr;
  list_kind_ = kind;
}

bool ShapeWriter::opensList(const char* item) const {
  const char* const behind = skipBlanksBack(item);
  if (behind == out_begin_) return false;
  const char* const word_end = skipBlanksBack(behind - 1);
  return (behind[-1] == '(' && endsInWord(word_end, "in")) ||
         (behind[-1] == '[' && endsInWord(word_end, "array"));
}

bool ShapeWriter::endsInWord(const char* end, Bytes lower) const {
  if (static_cast<size_t>(end - out_begin_) < lower.size()) return false;
  const char* const start = end - lower.size();
  return equalsFolded({start, lower.size()}, lower) && (start == out_begin_ || !isWordByte(start[-1]));
}

const char* ShapeWriter::skipBlanksBack(const char* from) const {
  while (from != out_begin_ && isBlank(from[-1])) --from;
  return from;
}

}  // namespace

Bytes SqlShaper::shape(Bytes sql) {
  if (sql.size() > kMaxSql) return {};
  return ShapeWriter(sql, text_.data()).write();
}

}  // namespace forebay::pgproto
