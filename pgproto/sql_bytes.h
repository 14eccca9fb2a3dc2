// What each byte of a SQL text can begin, as tables: for sql_lexer.cc.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace forebay::pgproto::sql_bytes {

enum SqlByteClass : uint8_t {
  kSpace,
  kLetter,         // every byte above 127 too
  kEscapePrefix,   // e: a word, or the start of E''
  kUnicodePrefix,  // u: a word, or the start of U&""
  kDigit,
  kQuote,
  kDoubleQuote,
  kDollar,
  kDash,
  kSlash,
  kOther,
};

constexpr std::array<uint8_t, 256> makeClasses() {
  std::array<uint8_t, 256> classes{};
  classes.fill(kOther);
  for (const char c : Bytes(" \t\n\r\f\v")) classes[static_cast<unsigned char>(c)] = kSpace;
  for (size_t c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 'a' + 'A'] = kLetter;
  for (size_t c = 128; c < 256; ++c) classes[c] = kLetter;
  classes['_'] = kLetter;
  classes['e'] = classes['E'] = kEscapePrefix;
  classes['u'] = classes['U'] = kUnicodePrefix;
  for (size_t c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  classes['\''] = kQuote;
  classes['"'] = kDoubleQuote;
  classes['$'] = kDollar;
  classes['-'] = kDash;
  classes['/'] = kSlash;
  return classes;
}
inline constexpr std::array<uint8_t, 256> kClasses = makeClasses();

inline SqlByteClass classOf(char c) {
  return static_cast<SqlByteClass>(kClasses[static_cast<unsigned char>(c)]);
}

inline bool isLetter(char c) {
  const SqlByteClass found = classOf(c);
  return found >= kLetter && found <= kUnicodePrefix;
}

// Letters, digits and the dollar: what a word goes on with.
constexpr std::array<bool, 256> makeWordBytes() {
  std::array<bool, 256> bytes{};
  for (size_t c = 0; c < bytes.size(); ++c)
    bytes[c] = (kClasses[c] >= kLetter && kClasses[c] <= kDigit) || kClasses[c] == kDollar;
  return bytes;
}
inline constexpr std::array<bool, 256> kWordBytes = makeWordBytes();

inline bool isWordByte(char c) { return kWordBytes[static_cast<unsigned char>(c)]; }

// What skipDull() stops at, told by two bytes: when `first` of one and `second` of the next have a bit in
// common.
enum Notable : uint16_t {
  kCreateOrCursor = 1u << 0,
  kIntoOrOn = 1u << 1,
  kPg = 1u << 2,
  kSetConfig = 1u << 3,
  kEscapes = 1u << 4,
  kUnicodeEscapes = 1u << 5,
  kParameterOrTag = 1u << 6,  // a dollar; in a word it is one more letter
  kLineComment = 1u << 7,
  kBlockComment = 1u << 8,
  kQuoteOrSemicolon = 1u << 9,
};
inline constexpr unsigned kInsideWord =
    kLineComment | kBlockComment | kQuoteOrSemicolon;  // where no word begins
inline constexpr unsigned kAnywhere = 0xffff;

struct NotableByte {
  uint16_t first = 0, second = kParameterOrTag | kQuoteOrSemicolon;  // these two need no certain second byte
  uint8_t begins_word = 0, continues_word = 0;
  uint8_t begins_name_of_interest = 0;  // pg_... or set_config, in quotes
};

constexpr std::array<NotableByte, 256> makeNotableBytes() {
  std::array<NotableByte, 256> bytes{};
  for (size_t c = 0; c < bytes.size(); ++c) {
    bytes[c].begins_word = kClasses[c] >= kLetter && kClasses[c] <= kUnicodePrefix;
    bytes[c].continues_word = kWordBytes[c];
  }
  const auto mark = [&bytes](Bytes firsts, Bytes seconds, Notable notable) {
    for (const char c : firsts) bytes[static_cast<unsigned char>(c)].first |= notable;
    for (const char c : seconds) bytes[static_cast<unsigned char>(c)].second |= notable;
  };
  for (const char c : Bytes("pPs")) bytes[static_cast<unsigned char>(c)].begins_name_of_interest = 1;
  mark("cC", "rRuU", kCreateOrCursor);
  mark("iIoO", "nN", kIntoOrOn);
  mark("pP", "gG", kPg);
  mark("sS", "eE", kSetConfig);
  mark("eE", "'", kEscapes);
  mark("uU", "&", kUnicodeEscapes);
  mark("$", "", kParameterOrTag);
  mark("-", "-", kLineComment);
  mark("/", "*", kBlockComment);
  mark("'\";", "", kQuoteOrSemicolon);
  return bytes;
}
inline constexpr std::array<NotableByte, 256> kNotableBytes = makeNotableBytes();

inline const NotableByte& notableByte(char c) { return kNotableBytes[static_cast<unsigned char>(c)]; }

}  // namespace forebay::pgproto::sql_bytes
