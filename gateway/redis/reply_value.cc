#include "gateway/redis/reply_value.h"

#include <charconv>

namespace forebay::redis {
namespace {

bool readNumber(Bytes text, int64_t& out) {
  return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc();
}

bool isBulk(char type) { return type == '$' || type == '!' || type == '='; }
bool isAggregate(char type) {
  return type == '*' || type == '%' || type == '~' || type == '>' || type == '|';
}

}  // namespace

std::string_view errorText(Bytes value) {
  const size_t line = value.find("\r\n");
  if (value.empty() || line == Bytes::npos) return value;
  if (value[0] != '!') return value.substr(1, line - 1);
  const Bytes rest = value.substr(line + 2);
  return rest.substr(0, rest.size() >= 2 ? rest.size() - 2 : 0);
}

std::vector<Element> flatten(Bytes value, size_t limit) {
  std::vector<Element> out;
  while (!value.empty() && out.size() < limit) {
    const size_t line = value.find("\r\n");
    if (line == Bytes::npos || line == 0) return {};
    Element next{value[0], value.substr(1, line - 1)};
    value.remove_prefix(line + 2);
    int64_t number = 0;
    if (isBulk(next.type) || isAggregate(next.type)) {
      if (!readNumber(next.text, number)) return {};
      if (number < 0) {
        next = {'_', {}};
      } else if (isBulk(next.type)) {
        const auto size = static_cast<uint64_t>(number);
        if (value.size() < 2 || value.size() - 2 < size) return {};
        next.text = value.substr(0, size);
        value.remove_prefix(size + 2);
      } else {
        next.count = static_cast<uint64_t>(number) * (next.type == '%' || next.type == '|' ? 2 : 1);
        next.text = {};
      }
    }
    out.push_back(next);
  }
  return out;
}

std::optional<Bytes> textOf(Bytes value) {
  const std::vector<Element> all = flatten(value, 1);
  if (all.size() != 1 || (all[0].type != '$' && all[0].type != '=')) return {};
  return all[0].text.substr(std::min<size_t>(all[0].type == '=' ? 4 : 0, all[0].text.size()));
}

HelloReply readHello(Bytes value) {
  HelloReply hello;
  const std::vector<Element> all = flatten(value);
  for (size_t i = 1; i + 1 < all.size(); i += 2) {
    const Bytes name = all[i].text;
    if (name == "version") hello.version = all[i + 1].text;
    if (name == "mode") hello.mode = all[i + 1].text;
    if (name == "role") hello.role = all[i + 1].text;
    if (name == "id") readNumber(all[i + 1].text, hello.id);
    if (all[i + 1].count > 0) break;  // the modules, which come last
  }
  return hello;
}

}  // namespace forebay::redis
