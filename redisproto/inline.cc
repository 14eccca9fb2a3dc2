// Redis' inline requests: words as a shell might split them.
#include <optional>

#include "redisproto/request.h"

namespace forebay::redisproto {

namespace {

// Between words Redis skips all of C's white space, but only these end one that is not quoted.
bool endsWord(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool isSpace(char c) { return endsWord(c) || c == '\v' || c == '\f'; }

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char unescape(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
  }
}

// Appends what stands between double quotes, `at` being behind the first. Returns where the last one stands.
std::optional<size_t> readDoubleQuoted(Bytes line, size_t at, std::string& text) {
  for (; at < line.size(); ++at) {
    if (line[at] == '"') return at;
    if (line[at] != '\\' || at + 1 == line.size()) {
      text.push_back(line[at]);
      continue;
    }
    ++at;
    const int high = line[at] == 'x' && line.size() - at > 2 ? hexDigit(line[at + 1]) : -1;
    const int low = high >= 0 ? hexDigit(line[at + 2]) : -1;
    if (low >= 0) {
      text.push_back(static_cast<char>(high * 16 + low));
      at += 2;
    } else {
      text.push_back(unescape(line[at]));
    }
  }
  return std::nullopt;
}

// The same for single quotes, in which nothing but the quote itself can be escaped.
std::optional<size_t> readSingleQuoted(Bytes line, size_t at, std::string& text) {
  for (; at < line.size(); ++at) {
    if (line[at] == '\'') return at;
    if (line[at] == '\\' && at + 1 < line.size() && line[at + 1] == '\'') ++at;
    text.push_back(line[at]);
  }
  return std::nullopt;
}

}  // namespace

bool splitInline(Bytes line, std::string& text, std::vector<Bytes>& args) {
  args.clear();
  text.clear();
  text.reserve(line.size());  // what is unescaped is never longer, so views into it stay good
  size_t at = 0;
  for (;;) {
    while (at < line.size() && isSpace(line[at])) ++at;
    if (at == line.size()) return true;

    const size_t begin = at;
    while (at < line.size() && !endsWord(line[at]) && line[at] != '"' && line[at] != '\'') ++at;
    if (at == line.size() || endsWord(line[at])) {
      args.push_back(line.substr(begin, at - begin));
      continue;
    }

    // A quote may begin inside a word, but the word ends with it.
    const size_t text_begin = text.size();
    text.append(line, begin, at - begin);
    const auto last =
        line[at] == '"' ? readDoubleQuoted(line, at + 1, text) : readSingleQuoted(line, at + 1, text);
    if (!last) return false;
    at = *last + 1;
    if (at < line.size() && !isSpace(line[at])) return false;
    args.push_back(Bytes(text).substr(text_begin));
  }
}

}  // namespace forebay::redisproto
