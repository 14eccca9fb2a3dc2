#include "conf/hba_lines.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace forebay::conf {

namespace {

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// One line, with those that continue it behind each other. `breaks`: where each of those begins.
class Divider {
 public:
  Divider(std::string_view text, uint32_t number, const std::vector<size_t>& breaks)
      : text_(text), number_(number), breaks_(breaks) {}

  HbaLine divide() {
    HbaLine line{number_, {}, {}, {}};
    line.wrong = fault(line.fields);
    line.end = placeOf(at_);
    return line;
  }

 private:
  // Empty when there is none; otherwise at_ is where it is.
  std::string fault(std::vector<HbaField>& fields) {
    for (bool joined = false; skipBlanks();) {
      const size_t begin = at_;
      std::optional<HbaToken> token = takeToken();
      if (!token) {
        at_ = begin;
        return "a double quote is not closed";
      }
      if (token->text.empty() && !token->quoted) return "a comma must directly follow a name";
      token->place = placeOf(begin);
      if (joined)
        fields.back().push_back(std::move(*token));
      else
        fields.push_back({std::move(*token)});
      joined = at_ < text_.size() && text_[at_] == ',';
      if (joined) ++at_;
      if (joined && !skipBlanks()) return "a name must follow the comma";
    }
    return {};
  }

  Place placeOf(size_t at) const {
    const auto behind = std::upper_bound(breaks_.begin(), breaks_.end(), at);
    const size_t begin = behind == breaks_.begin() ? 0 : *std::prev(behind);
    return {number_ + static_cast<uint32_t>(behind - breaks_.begin()), static_cast<uint32_t>(at - begin + 1)};
  }

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
  const uint32_t number_;
  const std::vector<size_t>& breaks_;
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
  for (uint32_t number = 1; !text.empty(); ++number) {
    const uint32_t first = number;
    std::string whole(takeLine(text));
    std::vector<size_t> breaks;
    for (; whole.ends_with('\\') && !text.empty(); ++number) {
      whole.pop_back();
      breaks.push_back(whole.size());
      whole += takeLine(text);
    }
    HbaLine line = Divider(whole, first, breaks).divide();
    if (!line.wrong.empty() || !line.fields.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace forebay::conf
