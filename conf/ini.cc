#include "conf/ini.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "conf/problems.h"
#include "conf/values.h"

namespace forebay::conf {

namespace {

constexpr int kDeepest = 10;  // levels of %include, as PgBouncer

bool isBlank(char c) { return c == ' ' || c == '\t'; }

std::string_view skipBlanks(std::string_view text) {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  return text;
}

// Moves `text` behind the quoted word at its front, where the quote doubled stands for itself.
std::optional<std::string> takeQuoted(std::string_view& text) {
  const char quote = text.front();
  std::string word;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] != quote) {
      word += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == quote) {
      word += text[i++];
    } else {
      text.remove_prefix(i + 1);
      return word;
    }
  }
  return std::nullopt;
}

std::optional<std::string> takeKey(std::string_view& text) {
  if (text.front() == '"' || text.front() == '\'') return takeQuoted(text);
  size_t length = 0;
  while (length < text.size() && (std::isalnum(static_cast<unsigned char>(text[length])) != 0 ||
                                  std::string_view("_.-*").find(text[length]) != std::string_view::npos))
    ++length;
  std::string key(text.substr(0, length));
  text.remove_prefix(length);
  return key;
}

class IniReader {
 public:
  explicit IniReader(const Sources& sources) : sources_(sources) {}

  Result<std::vector<IniEntry>> read(const std::string& file) {
    readFile(file, file, 0);
    if (!problems_.none()) return problems_.error();
    return std::move(entries_);
  }

 private:
  void readFile(const std::string& file, const std::string& asked_from, int depth) {
    const Result<std::string> text = sources_.read_file(file);
    if (!text)
      return tell(asked_from, (asked_from == file ? "" : "cannot read " + file + ": ") + text.error());
    std::string_view rest = *text;
    for (uint32_t number = 1; !rest.empty(); ++number) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      readLine(trim(rest.substr(0, end)), file + ":" + std::to_string(number), depth);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void readLine(std::string_view line, const std::string& place, int depth) {
    if (line.empty() || line[0] == ';' || line[0] == '#') return;
    if (line.starts_with("%include") && line.size() > 8 && isBlank(line[8])) {
      if (depth == kDeepest) return tell(place, "%include is nested too deeply");
      return readFile(std::string(trim(line.substr(8))), place, depth + 1);
    }
    if (line[0] == '[') {
      const size_t end = line.find(']');
      if (end == std::string_view::npos) return tell(place, "a section must end with ']'");
      section_ = line.substr(1, end - 1);
      return;
    }
    std::optional<std::string> key = takeKey(line);
    line = skipBlanks(line);
    if (!key || key->empty() || line.empty() || line[0] != '=')
      return tell(place, "a line must be: key = value, [section], %include FILE or a comment");
    if (section_.empty()) return tell(place, "'" + *key + "' stands before the first [section]");
    entries_.push_back({section_, std::move(*key), std::string(trim(line.substr(1))), place});
  }

  void tell(const std::string& place, const std::string& message) {
    problems_.addLine(place + ": " + message);
  }

  const Sources& sources_;
  std::string section_;
  std::vector<IniEntry> entries_;
  Problems problems_{""};
};

}  // namespace

Result<std::vector<IniEntry>> readIni(const std::string& file, const Sources& sources) {
  return IniReader(sources).read(file);
}

Result<std::vector<std::pair<std::string, std::string>>> splitConnectionString(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (text = skipBlanks(text); !text.empty(); text = skipBlanks(text)) {
    const size_t key_end = text.find_first_of("= \t");
    std::string key(text.substr(0, key_end));
    text = skipBlanks(text.substr(std::min(key_end, text.size())));
    if (key.empty() || text.empty() || text[0] != '=')
      return Error{"the connection string must be key=value pairs; after '" + key + "' there is no '='"};
    text = skipBlanks(text.substr(1));
    if (!text.empty() && text[0] == '\'') {
      std::optional<std::string> value = takeQuoted(text);
      if (!value) return Error{"the quote at the value of '" + key + "' is not closed"};
      pairs.emplace_back(std::move(key), std::move(*value));
    } else {
      const size_t end = std::min(text.find_first_of(" \t"), text.size());
      pairs.emplace_back(std::move(key), std::string(text.substr(0, end)));
      text.remove_prefix(end);
    }
    if (pairs.back().second.empty()) return Error{"'" + pairs.back().first + "' has no value"};
  }
  return pairs;
}

}  // namespace forebay::conf
