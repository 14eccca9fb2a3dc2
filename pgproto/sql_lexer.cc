#include "pgproto/sql_lexer.h"

#include <cstring>

#include "pgproto/sql_bytes.h"

namespace forebay::pgproto {
using namespace sql_bytes;

namespace {

Bytes between(const char* from, const char* to) { return {from, static_cast<size_t>(to - from)}; }

const char* find(const char* from, const char* end, char wanted) {
  return static_cast<const char*>(std::memchr(from, wanted, static_cast<size_t>(end - from)));
}

}  // namespace

bool SqlToken::isWord(Bytes lower) const { return kind == SqlTokenKind::kWord && equalsFolded(text, lower); }

bool SqlToken::isName(Bytes lower) const {
  return kind == SqlTokenKind::kQuotedName ? text == lower : isWord(lower);
}

SqlToken SqlLexer::next() {
  while (at_ != end_) {
    const char* const start = at_;
    switch (classOf(*at_)) {
      case kSpace: ++at_; break;
      case kUnicodePrefix:
        if (peek(1) == '&' && peek(2) == '"') {
          at_ += 2;
          return quotedName(SqlTokenKind::kUnicodeName);
        }
        skipWord();
        return {SqlTokenKind::kWord, between(start, at_)};
      case kEscapePrefix:
        if (peek(1) == '\'') {
          ++at_;
          return escapeString();
        }
        skipWord();
        return {SqlTokenKind::kWord, between(start, at_)};
      case kLetter: skipWord(); return {SqlTokenKind::kWord, between(start, at_)};
      case kDigit:
        do ++at_;
        while (at_ != end_ && (classOf(*at_) == kDigit || *at_ == '.'));
        return {SqlTokenKind::kNumber, between(start, at_)};
      case kQuote: return stringToken();
      case kDoubleQuote: return quotedName(SqlTokenKind::kQuotedName);
      case kDollar: return afterDollar();
      case kDash:
        if (peek(1) == '-') {
          skipLineComment();
          break;
        }
        return symbol();
      case kSlash:
        if (peek(1) == '*') {
          skipBlockComment();
          break;
        }
        return symbol();
      case kOther: return symbol();
    }
  }
  return {};
}

// Goes by bytes and not by tokens: where a word ends is then nothing that the processor has to guess.
// Stops at the text's last byte at the latest; whatever token that makes matters to nobody.
void SqlLexer::skipDull() {
  unsigned in_word = 0;
  for (; end_ - at_ > 1; ++at_) {
    const NotableByte& byte = notableByte(*at_);
    const unsigned notable = byte.first & notableByte(at_[1]).second;
    if ((notable & (in_word != 0 ? kInsideWord : kAnywhere)) != 0) {
      if (!skipDullQuotes()) return;
      in_word = 0;
      continue;
    }
    in_word = byte.begins_word | (byte.continues_word & in_word);  // 1into are two tokens, t1into is one
  }
}

// Passes over the string or quoted name that begins here, up to its closing quote. False when it may matter,
// or when something else begins here. Doubled quotes make two of one; the second may then seem to matter.
bool SqlLexer::skipDullQuotes() {
  const char quote = *at_;
  if (quote == '"' && notableByte(at_[1]).begins_name_of_interest != 0) return false;
  if (quote != '"' && quote != '\'') return false;
  const char* const closing = find(at_ + 1, end_, quote);
  if (closing == nullptr) return false;
  at_ = closing;
  return true;
}

inline void SqlLexer::skipWord() {
  do ++at_;
  while (at_ != end_ && isWordByte(*at_));
}

void SqlLexer::skipBlanks() {
  while (at_ != end_) {
    if (classOf(*at_) == kSpace)
      ++at_;
    else if (*at_ == '-' && peek(1) == '-')
      skipLineComment();
    else if (*at_ == '/' && peek(1) == '*')
      skipBlockComment();
    else
      return;
  }
}

void SqlLexer::skipLineComment() {
  while (at_ != end_ && *at_ != '\n' && *at_ != '\r') ++at_;
}

void SqlLexer::skipBlockComment() {
  for (size_t depth = 0; at_ != end_;) {
    if (*at_ == '/' && peek(1) == '*') {
      ++depth;
      at_ += 2;
    } else if (*at_ == '*' && peek(1) == '/') {
      at_ += 2;
      if (--depth == 0) return;
    } else {
      ++at_;
    }
  }
}

SqlToken SqlLexer::unterminated() {
  at_ = end_;
  return {};
}

SqlToken SqlLexer::symbol() {
  ++at_;
  return {SqlTokenKind::kSymbol, between(at_ - 1, at_)};
}

// A doubled quote makes two tokens of one string here, as does a continuation on the next line: who reads
// values has to look for that, for everybody else it makes no difference.
SqlToken SqlLexer::stringToken() {
  const char* const start = at_ + 1;
  const char* const quote = find(start, end_, '\'');
  if (quote == nullptr) return unterminated();
  at_ = quote + 1;
  return {SqlTokenKind::kString, between(start, quote)};
}

SqlToken SqlLexer::escapeString() {
  const char* const start = ++at_;
  while (at_ != end_) {
    if (*at_ == '\\') {
      at_ += end_ - at_ > 1 ? 2 : 1;
    } else if (*at_++ == '\'') {
      const char* const quote = at_ - 1;
      // Backslashes go on being escapes behind a doubled quote, and in the part that continues on the next
      // line.
      if (peek(0) != '\'' && !continuesOnNextLine())
        return {SqlTokenKind::kEscapeString, between(start, quote)};
      ++at_;
    }
  }
  return unterminated();
}

// Is there a quote behind whitespace (or line comments) with a line break in it? Then stops at that quote.
bool SqlLexer::continuesOnNextLine() {
  const char* const behind_quote = at_;
  bool line_break = false;
  while (at_ != end_) {
    if (*at_ == '-' && peek(1) == '-') {
      skipLineComment();
    } else if (classOf(*at_) == kSpace) {
      line_break |= *at_ == '\n' || *at_ == '\r';
      ++at_;
    } else {
      break;
    }
  }
  if (line_break && peek(0) == '\'') return true;
  at_ = behind_quote;
  return false;
}

SqlToken SqlLexer::quotedName(SqlTokenKind kind) {
  const char* const start = ++at_;
  for (;;) {
    const char* const quote = find(at_, end_, '"');
    if (quote == nullptr) return unterminated();
    at_ = quote + 1;
    if (peek(0) != '"') return {kind, between(start, quote)};
    ++at_;
  }
}

// $1, $$text$$, $tag$text$tag$, or a dollar by itself.
SqlToken SqlLexer::afterDollar() {
  const char* const start = at_++;
  if (classOf(peek(0)) == kDigit) {
    do ++at_;
    while (classOf(peek(0)) == kDigit);
    return {SqlTokenKind::kParameter, between(start, at_)};
  }
  const char* tag_end = at_;
  if (tag_end != end_ && isLetter(*tag_end))
    while (tag_end != end_ && *tag_end != '$' && isWordByte(*tag_end)) ++tag_end;
  if (tag_end == end_ || *tag_end != '$') return {SqlTokenKind::kSymbol, between(start, at_)};

  const Bytes delimiter = between(start, tag_end + 1);
  const char* const body = tag_end + 1;
  for (const char* from = body; (from = find(from, end_, '$')) != nullptr; ++from) {
    if (!between(from, end_).starts_with(delimiter)) continue;
    at_ = from + delimiter.size();
    return {SqlTokenKind::kString, between(body, from)};
  }
  return unterminated();
}

}  // namespace forebay::pgproto
