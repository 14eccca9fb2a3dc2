#include "pgproto/startup.h"

namespace forebay::pgproto {
namespace {

bool isSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Takes the next word off the front of `rest`, its escapes resolved; false when only blanks are left. A
// backslash as the very last byte escapes nothing and vanishes, as in PostgreSQL.
bool nextWord(Bytes& rest, std::string& word) {
  word.clear();
  size_t at = 0;
  while (at < rest.size() && isSpace(rest[at])) ++at;
  if (at == rest.size()) return false;

  for (; at < rest.size() && !isSpace(rest[at]); ++at) {
    if (rest[at] == '\\' && ++at == rest.size()) break;
    word.push_back(rest[at]);
  }
  rest.remove_prefix(at);
  return true;
}

bool splitSetting(Bytes text, std::pair<std::string, std::string>& setting) {
  const size_t equals = text.find('=');
  if (equals == Bytes::npos || equals == 0) return false;
  setting = {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
  for (char& c : setting.first) {
    if (c == '-') c = '_';
  }
  return true;
}

}  // namespace

bool parseStartupOptions(Bytes options, std::vector<std::pair<std::string, std::string>>& settings) {
  settings.clear();
  std::string word;
  while (nextWord(options, word)) {
    if (!word.starts_with("-c") && !word.starts_with("--")) return false;
    Bytes text = Bytes(word).substr(2);
    if (word == "-c") {
      if (!nextWord(options, word)) return false;
      text = word;
    }
    std::pair<std::string, std::string> setting;
    if (!splitSetting(text, setting)) return false;
    settings.push_back(std::move(setting));
  }
  return true;
}

}  // namespace forebay::pgproto
