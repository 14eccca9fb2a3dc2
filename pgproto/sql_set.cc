// The two statements that are read to their end: SET and RESET of one parameter, and DEALLOCATE.
#include <algorithm>
#include <cstring>

#include "pgproto/sql.h"
#include "pgproto/sql_lexer.h"

namespace forebay::pgproto {
namespace {

constexpr size_t kMaxIdentifier = 63;  // PostgreSQL cuts longer ones off

class Reader {
 public:
  explicit Reader(Bytes sql) : lexer_(sql), token_(lexer_.next()) {}

  const SqlToken& token() const { return token_; }
  void advance() { token_ = lexer_.next(); }
  bool accept(Bytes word) {
    if (!token_.isWord(word)) return false;
    advance();
    return true;
  }
  bool acceptSymbol(char symbol) {
    if (!token_.isSymbol(symbol)) return false;
    advance();
    return true;
  }
  // Nothing is left but semicolons.
  bool atTextEnd() const {
    Reader ahead = *this;
    while (ahead.acceptSymbol(';')) {
    }
    return ahead.token_.kind == SqlTokenKind::kEnd;
  }

 private:
  SqlLexer lexer_;
  SqlToken token_;
};

bool hasUpperCase(Bytes text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Appends an identifier to the parameter's name. False when it does not fit or would have to be unescaped.
bool appendName(const SqlToken& token, SetStatement& out) {
  const bool quoted = token.kind == SqlTokenKind::kQuotedName;
  if ((!quoted && token.kind != SqlTokenKind::kWord) || token.text.empty()) return false;
  if (token.text.size() > kMaxIdentifier || token.text.size() > sizeof out.name - out.name_size) return false;
  if (quoted && token.text.find('"') != Bytes::npos) return false;
  for (const char c : token.text) out.name[out.name_size++] = quoted ? c : foldAscii(c);
  return true;
}

bool setName(Bytes name, SetStatement& out) {
  std::memcpy(out.name, name.data(), name.size());
  out.name_size = name.size();
  return true;
}

// name or class.name
bool readName(Reader& in, SetStatement& out) {
  if (!appendName(in.token(), out)) return false;
  in.advance();
  while (in.token().isSymbol('.')) {
    if (out.name_size == sizeof out.name) return false;
    out.name[out.name_size++] = '.';
    in.advance();
    if (!appendName(in.token(), out)) return false;
    in.advance();
  }
  return true;
}

// A number with its fraction and exponent, which the lexer hands out in pieces: takes what touches.
bool readNumber(Reader& in, const char* start, SetStatement& out) {
  const char* end = start;
  while ((in.token().kind == SqlTokenKind::kNumber || in.token().kind == SqlTokenKind::kWord ||
          in.token().isSymbol('.') || in.token().isSymbol('+') || in.token().isSymbol('-')) &&
         in.token().text.data() == end) {
    end = in.token().text.data() + in.token().text.size();
    in.advance();
  }
  out.value = {start, static_cast<size_t>(end - start)};
  const auto is_part = [](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
  };
  return !out.value.empty() && std::all_of(out.value.begin(), out.value.end(), is_part) &&
         out.value.find_first_of("0123456789") != Bytes::npos;
}

// A string, perhaps with doubled quotes, which the lexer hands out as strings that touch.
bool readString(Reader& in, SetStatement& out) {
  const Bytes first = in.token().text;
  const char* end = first.data() + first.size();
  const bool plain = first.data()[-1] == '\'';
  in.advance();
  while (plain && in.token().kind == SqlTokenKind::kString && in.token().text.data() == end + 2) {
    out.value_escaped = true;
    end = in.token().text.data() + in.token().text.size();
    in.advance();
  }
  out.value = {first.data(), static_cast<size_t>(end - first.data())};
  return true;
}

bool readValue(Reader& in, SetStatement& out) {
  const SqlToken token = in.token();
  switch (token.kind) {
    case SqlTokenKind::kWord:
      if (in.accept("default")) {
        out.reset = true;
        return true;
      }
      out.value = token.text;
      out.value_folds = hasUpperCase(token.text);
      in.advance();
      return true;
    case SqlTokenKind::kQuotedName:
      out.value = token.text;
      out.value_escaped = token.text.find('"') != Bytes::npos;
      in.advance();
      return true;
    case SqlTokenKind::kString: return readString(in, out);
    case SqlTokenKind::kEscapeString:
      out.value = token.text;
      out.value_escaped = true;
      in.advance();
      return true;
    case SqlTokenKind::kNumber: return readNumber(in, token.text.data(), out);
    case SqlTokenKind::kSymbol:
      return (token.text[0] == '-' || token.text[0] == '+' || token.text[0] == '.') &&
             readNumber(in, token.text.data(), out);
    case SqlTokenKind::kEnd:
    case SqlTokenKind::kUnicodeName:
    case SqlTokenKind::kParameter: return false;
  }
  return false;
}

// Behind SET TIME ZONE. LOCAL and DEFAULT mean the same; INTERVAL '1' HOUR is not for us.
bool readTimeZone(Reader& in, SetStatement& out) {
  setName("timezone", out);
  if (in.accept("local")) {
    out.reset = true;
    return true;
  }
  return !in.token().isWord("interval") && readValue(in, out);
}

// Behind SET NAMES: a literal or nothing.
bool readNames(Reader& in, SetStatement& out) {
  setName("client_encoding", out);
  if (in.accept("default") || in.atTextEnd()) {
    out.reset = true;
    return true;
  }
  return in.token().kind == SqlTokenKind::kString && readValue(in, out);
}

bool readSet(Reader& in, SetStatement& out) {
  Reader ahead = in;
  ahead.advance();
  const auto names_parameter = [&ahead] {
    return ahead.token().isSymbol('.') || ahead.token().isSymbol('=') || ahead.token().isWord("to");
  };
  if (in.token().isWord("session") && !names_parameter()) {
    in.advance();
    ahead.advance();
  }
  if (!names_parameter()) {
    if (in.accept("time")) return in.accept("zone") && readTimeZone(in, out);
    return in.accept("names") && readNames(in, out);
  }
  if (!readName(in, out)) return false;
  return (in.acceptSymbol('=') || in.accept("to")) && readValue(in, out);
}

bool readReset(Reader& in, SetStatement& out) {
  out.reset = true;
  if (in.token().isWord("all")) return false;
  if (in.accept("time")) return in.accept("zone") && setName("timezone", out);
  return readName(in, out);
}

void foldInto(std::string& out, Bytes text) {
  for (const char c : text) out.push_back(foldAscii(c));
}

void unescapeInto(std::string& out, Bytes text, char quote) {
  for (size_t i = 0; i < text.size(); ++i) {
    out.push_back(text[i]);
    if (text[i] == quote && i + 1 < text.size() && text[i + 1] == quote) ++i;
  }
}

}  // namespace

bool parseSetList(Bytes sql, SetStatement& out) {
  Reader in(sql);
  if (!in.accept("set")) return false;
  Reader ahead = in;
  if (ahead.accept("session") && !ahead.token().isSymbol('=') && !ahead.token().isWord("to")) in = ahead;
  if (!readName(in, out) || !(in.acceptSymbol('=') || in.accept("to"))) return false;
  const SqlToken first = in.token();
  const bool quoted = first.kind == SqlTokenKind::kString || first.kind == SqlTokenKind::kQuotedName;
  if (!quoted && first.kind != SqlTokenKind::kWord && first.kind != SqlTokenKind::kNumber) return false;
  Bytes list = sql.substr(static_cast<size_t>(first.text.data() - sql.data()) - (quoted ? 1 : 0));
  const size_t end = list.find_last_not_of(" \t\r\n\f;");
  list = list.substr(0, end == Bytes::npos ? 0 : end + 1);
  out.value = list;
  const bool starts_right = !quoted || list[0] == '\'' || list[0] == '"';
  return starts_right && list.find(';') == Bytes::npos && list.find("--") == Bytes::npos &&
         list.find("/*") == Bytes::npos;
}

bool parseSetStatement(Bytes sql, SetStatement& out) {
  out.name_size = 0;
  out.value = {};
  out.value_escaped = out.value_folds = out.reset = false;
  Reader in(sql);
  const bool is_set = in.accept("set");
  if (!is_set && !in.accept("reset")) return false;
  return (is_set ? readSet(in, out) : readReset(in, out)) && in.atTextEnd();
}

bool appendSetValue(const SetStatement& set, std::string& out) {
  if (!set.value_escaped && !set.value_folds) {
    out.append(set.value);
    return true;
  }
  if (set.value_folds) {
    foldInto(out, set.value);
    return true;
  }
  // 'it''s' or "a""b"; an E'' string only when there is nothing in it to unescape.
  if (set.value.find_first_of("\\\n\r") != Bytes::npos) return false;
  unescapeInto(out, set.value, set.value.data()[-1]);
  return true;
}

bool parseDeallocate(Bytes sql, std::string& name) {
  Reader in(sql);
  if (!in.accept("deallocate")) return false;
  SqlToken token = in.token();
  in.advance();
  if (token.isWord("prepare") && !in.atTextEnd()) {
    token = in.token();
    in.advance();
  }
  const bool quoted = token.kind == SqlTokenKind::kQuotedName;
  if ((!quoted && token.kind != SqlTokenKind::kWord) || token.isWord("all") || !in.atTextEnd()) return false;
  name.clear();
  if (quoted)
    unescapeInto(name, token.text, '"');
  else
    foldInto(name, token.text);
  return name.size() <= kMaxIdentifier;
}

namespace {

// Behind SET: a parameter that is known, or what ends an earlier SET ROLE or SET SESSION AUTHORIZATION.
bool setsKnown(SqlLexer& lexer, const std::function<bool(Bytes)>& known) {
  SqlToken token = lexer.next();
  if (token.isWord("role")) {
    token = lexer.next();
    return token.isWord("none") || token.isWord("default");
  }
  if (token.isWord("local") || token.isWord("transaction") || token.isWord("constraints")) return true;
  if (token.isWord("session")) token = lexer.next();
  if (token.isWord("authorization")) return lexer.next().isWord("default");
  return token.kind == SqlTokenKind::kWord && known(token.text);
}

bool setConfigIsKnown(SqlLexer& lexer, const std::function<bool(Bytes)>& known) {
  if (!lexer.next().isSymbol('(')) return false;
  const SqlToken name = lexer.next();
  return name.kind == SqlTokenKind::kString && name.text.data()[-1] == '\'' && known(name.text);
}

}  // namespace

bool setsOnlyKnown(Bytes sql, const std::function<bool(Bytes)>& known) {
  SqlLexer lexer(sql);
  bool statement_starts = true, any = false;
  for (SqlToken token = lexer.next(); token.kind != SqlTokenKind::kEnd; token = lexer.next()) {
    const bool is_set = statement_starts && token.isWord("set");
    const bool is_set_config = token.isWord("set_config");
    statement_starts = token.isSymbol(';');
    if (is_set && !setsKnown(lexer, known)) return false;
    if (is_set_config && !setConfigIsKnown(lexer, known)) return false;
    any = any || is_set || is_set_config;
  }
  return any;
}

bool resetsAll(Bytes sql) {
  SqlLexer lexer(sql);
  bool statement_starts = true;
  for (SqlToken token = lexer.next(); token.kind != SqlTokenKind::kEnd;) {
    const bool resets = statement_starts && token.isWord("reset");
    statement_starts = token.isSymbol(';');
    token = lexer.next();
    if (resets && token.isWord("all")) return true;
  }
  return false;
}

}  // namespace forebay::pgproto
