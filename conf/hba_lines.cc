#include "conf/hba_lines.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace forebay::conf {

namespace {

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

class Divider {
 public:
  explicit Divider(std::string_view text) : text_(text) {}

  Result<std::vector<HbaField>> divide() {
    std::vector<HbaField> fields;
    for (bool joined = false; skipBlanks();) {
      std::optional<HbaToken> token = takeToken();
      if (!token) return Error{"a double quote is not closed"};
      if (token->text.empty() && !token->quoted) return Error{"a comma must directly follow a name"};
      if (joined)
        fields.back().push_back(std::move(*token));
      else
        fields.push_back({std::move(*token)});
      joined = at_ < text_.size() && text_[at_] == ',';
      if (joined) ++at_;
      if (joined && !skipBlanks()) return Error{"a name must follow the comma"};
    }
    return fields;
  }

 private:
  // Whether something is left.
  bool skipBlanks() {
    while (at_ < text_.size() && isBlank(text_[at_])) ++at_;
    return at_ < text_.size() && text_[at_] != '#';
  }

  std::optional<HbaToken> takeToken() {
    HbaToken token;
    token.quoted = text_[at_] == '"';
    for (bool open = false;; ++at_) {
      if (at_ == text_.size()) return open ? std::nullopt : std::optional(std::move(token));
      const char c = text_[at_];
      if (c == '"' && open && text_.substr(at_ + 1).starts_with('"')) {
        token.text += text_[at_++];
      } else if (c == '"') {
        open = !open;
      } else if (!open && (isBlank(c) || c == ',' || c == '#')) {
        return token;
      } else {
        token.text += c;
      }
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string_view takeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::vector<HbaLine> divideHbaLines(std::string_view text) {
  std::vector<HbaLine> lines;
  for (int number = 1; !text.empty(); ++number) {
    const int first = number;
    std::string whole(takeLine(text));
    for (; whole.ends_with('\\') && !text.empty(); ++number) {
      whole.pop_back();
      whole += takeLine(text);
    }
    Result<std::vector<HbaField>> fields = Divider(whole).divide();
    if (!fields || !fields->empty()) lines.push_back({first, std::move(fields)});
  }
  return lines;
}

}  // namespace forebay::conf
