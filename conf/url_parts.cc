#include "conf/url_parts.h"

#include <algorithm>

#include "conf/values.h"

namespace forebay::conf {

namespace {

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<std::string> percentDecode(std::string_view text, std::string_view part) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return Error{"the URL's " + std::string(part) +
                   " has a '%' without two hex digits (write %25 for '%')"};
    if (high + low == 0) return Error{"the URL's " + std::string(part) + " has a zero byte"};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Status decodeInto(std::string& out, std::string_view text, std::string_view part) {
  Result<std::string> decoded = percentDecode(text, part);
  if (!decoded) return Error{decoded.error()};
  out = std::move(*decoded);
  return Ok{};
}

Status takeLogin(std::string_view& authority, std::string& user, std::string& password) {
  // The last '@': a careless password may hold others.
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return Ok{};
  const std::string_view login = authority.substr(0, at);
  authority.remove_prefix(at + 1);
  const size_t colon = std::min(login.find(':'), login.size());
  const Status status = decodeInto(user, login.substr(0, colon), "user name");
  if (!status || colon == login.size()) return status;
  return decodeInto(password, login.substr(colon + 1), "password");
}

Status forEachParameter(std::string_view text,
                        const std::function<Status(const std::string&, const std::string&)>& apply) {
  for (const std::string& pair : splitList(text, '&')) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos) return Error{"the URL has a parameter without '='"};
    const Result<std::string> value = percentDecode(std::string_view(pair).substr(equals + 1), "parameters");
    if (!value) return Error{value.error()};
    if (Status status = apply(pair.substr(0, equals), *value); !status) return status;
  }
  return Ok{};
}

Error badParameter(const std::string& name, const std::string& value) {
  return {"the URL's parameter '" + name + "' cannot be '" + value + "' here"};
}

Error unknownParameter(const std::string& name) {
  return {"the URL's parameter '" + name + "' is not known here"};
}

}  // namespace forebay::conf
