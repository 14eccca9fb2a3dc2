#include "conf/userlist.h"

#include <optional>

#include "conf/problems.h"
#include "conf/values.h"

namespace forebay::conf {

namespace {

// One line of the file, read from the left.
class Line {
 public:
  explicit Line(std::string_view text) : text_(text) {}

  void skipBlanks() { at_ = std::min(text_.find_first_not_of(" \t\r", at_), text_.size()); }
  bool atEnd() const { return at_ >= text_.size(); }
  uint32_t column() const { return static_cast<uint32_t>(at_ + 1); }

  // "text", where "" stands for a quote; nothing when it does not begin or does not end with one.
  std::optional<std::string> quoted() {
    if (atEnd() || text_[at_] != '"') return std::nullopt;
    std::string out;
    for (size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] != '"') {
        out += text_[i];
      } else if (i + 1 < text_.size() && text_[i + 1] == '"') {
        out += text_[i++];
      } else {
        at_ = i + 1;
        return out;
      }
    }
    return std::nullopt;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

class UserlistParser {
 public:
  explicit UserlistParser(std::string_view file) : problems_(std::string(file)) {}

  Result<Userlist> parse(std::string_view text) {
    for (uint32_t number = 1; !text.empty(); ++number) {
      const size_t end = std::min(text.find('\n'), text.size());
      parseLine(text.substr(0, end), number);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!problems_.none()) return problems_.error();
    return std::move(users_);
  }

 private:
  void parseLine(std::string_view text, uint32_t number) {
    const std::string_view visible = trim(text);
    if (visible.empty() || visible[0] == ';' || visible[0] == '#') return;
    Line line(text);
    line.skipBlanks();
    const Place user_place{number, line.column()};
    std::optional<std::string> user = line.quoted();
    if (!user || user->empty())
      return problems_.add(user_place, "a line must begin with a \"user\" in double quotes");
    line.skipBlanks();
    const Place secret_place{number, line.column()};
    std::optional<std::string> secret = line.quoted();
    if (!secret) return problems_.add(secret_place, "a \"password\" in double quotes must follow the user");
    if (users_.find(*user)) return problems_.add(user_place, "user '" + *user + "' is listed twice");
    users_.add(std::move(*user), std::move(*secret));
  }

  Userlist users_;
  Problems problems_;
};

}  // namespace

const std::string* Userlist::find(std::string_view user) const {
  const auto found = secrets_.find(user);
  return found == secrets_.end() ? nullptr : &found->second;
}

Result<Userlist> parseUserlist(std::string_view text, std::string_view file) {
  return UserlistParser(file).parse(text);
}

}  // namespace forebay::conf
