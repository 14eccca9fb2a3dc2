#include "pgproto/scram_message.h"

#include <algorithm>

namespace forebay::pgproto {

bool ScramReader::takeAny(char& name, Bytes& value) {
  const Bytes rest = message_.substr(std::min(position_, message_.size()));
  if (rest.size() < 2 || rest[1] != '=') return false;
  const char letter = static_cast<char>(rest[0] | 0x20);
  if (letter < 'a' || letter > 'z') return false;

  const size_t comma = rest.find(',');
  if (comma == rest.size() - 1) return false;  // promises another attribute
  name = rest[0];
  value = rest.substr(2, comma == Bytes::npos ? comma : comma - 2);
  position_ = comma == Bytes::npos ? message_.size() : position_ + comma + 1;
  return true;
}

bool ScramReader::take(char name, Bytes& value) {
  char found = 0;
  return next() == name && takeAny(found, value);
}

bool isScramNonce(Bytes text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != ','; });
}

std::string printableExcerpt(Bytes text) {
  constexpr size_t kLongest = 64;
  std::string out(text.substr(0, kLongest));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c >= 0x7f; }, '?');
  if (text.size() > kLongest) out += "...";
  return out;
}

}  // namespace forebay::pgproto
