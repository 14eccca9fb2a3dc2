// SqlLexer cuts a SQL text into tokens where PostgreSQL's own scanner cuts it (standard_conforming_strings
// on). https://www.postgresql.org/docs/current/sql-syntax-lexical.html
//
// Tokens point into the text and nothing is allocated. Whitespace and (nested) comments are skipped. An
// operator comes as its single characters, a number as its runs of digits: nobody here asks for more. A
// literal, quoted identifier or comment without an end is the end of the text, which PostgreSQL refuses as a
// whole.
//
// One known limit: in a client encoding whose characters may end in the byte of a backslash (SJIS, BIG5, GBK
// ...), an E'' string may seem to end elsewhere than it does for the server, who converts first.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace forebay::pgproto {

enum class SqlTokenKind : uint8_t {
  kEnd,
  kWord,         // keyword or plain identifier, as written
  kQuotedName,   // "name": what is between the quotes, doubled quotes as they are
  kUnicodeName,  // U&"name"
  kString,  // 'text', $tag$text$tag$, and what follows B, X, N or U&: what is between the quotes, as written
  kEscapeString,  // E'text', all of its parts when it is continued on the next line
  kNumber,        // a run of digits and points
  kParameter,     // $1
  kSymbol,        // any other character
};

struct SqlToken {
  SqlTokenKind kind = SqlTokenKind::kEnd;
  Bytes text;

  bool isWord(Bytes lower) const;  // the keyword or plain identifier `lower`, in any case
  bool isName(Bytes lower) const;  // the identifier that folds to `lower`, plain or quoted
  bool isSymbol(char symbol) const { return kind == SqlTokenKind::kSymbol && text[0] == symbol; }
};

class SqlLexer {
 public:
  explicit SqlLexer(Bytes sql) : at_(sql.data()), end_(sql.data() + sql.size()) {}

  SqlToken next();
  // The next token that can matter, or one that does not: passes over words that begin unlike every word of
  // interest (CREATE, CURSOR, INTO, ON, pg_..., SET_CONFIG), over numbers, strings without escapes and over
  // symbols but the semicolon, at a byte or two in a nanosecond.
  SqlToken nextNotable() {
    skipDull();
    return next();
  }
  // Passes over whitespace and comments, up to the next token or the text's end.
  void skipBlanks();
  // Where the next token, or what is blank in front of it, begins.
  const char* position() const { return at_; }

 private:
  void skipDull();
  bool skipDullQuotes();
  void skipWord();
  void skipLineComment();
  void skipBlockComment();
  bool continuesOnNextLine();
  SqlToken stringToken();
  SqlToken escapeString();
  SqlToken quotedName(SqlTokenKind kind);
  SqlToken afterDollar();
  SqlToken symbol();
  SqlToken unterminated();
  char peek(size_t ahead) const { return static_cast<size_t>(end_ - at_) > ahead ? at_[ahead] : '\0'; }

  const char* at_;
  const char* end_;
};

// Do the bytes of `text`, folded to lower case as PostgreSQL folds ASCII, read `lower`?
inline char foldAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
inline bool equalsFolded(Bytes text, Bytes lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i)
    if (foldAscii(text[i]) != lower[i]) return false;
  return true;
}

}  // namespace forebay::pgproto
