#include "gateway/net/tls_protocols.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace forebay::net {
namespace {

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::optional<TlsVersions> versionsNamed(std::string_view name) {
  if (name == "all" || name == "legacy" || name == "secure" || name == "default" || name == "tlsv1")
    return TlsVersions{true, true};
  if (name == "tlsv1.3") return TlsVersions{false, true};
  if (name == "tlsv1.2") return TlsVersions{true, false};
  if (name == "tlsv1.1" || name == "tlsv1.0") return TlsVersions{};
  return std::nullopt;
}

}  // namespace

Result<TlsVersions> parseTlsProtocols(std::string_view text) {
  constexpr std::string_view kBetween = ",: \t";
  const std::string list = lowered(text);
  TlsVersions allowed;
  bool first = true;
  for (size_t at = 0; (at = list.find_first_not_of(kBetween, at)) != std::string::npos; first = false) {
    const size_t end = std::min(list.find_first_of(kBetween, at), list.size());
    std::string_view name(list.data() + at, end - at);
    at = end;
    const bool forbid = name.front() == '!';
    if (forbid) name.remove_prefix(1);
    const std::optional<TlsVersions> named = versionsNamed(name);
    if (!named)
      return Error{"expected secure, all, or a list of tlsv1.2 and tlsv1.3, not '" + std::string(name) + "'"};
    if (forbid && first) allowed = {true, true};  // "!tlsv1.3" alone means all but 1.3
    allowed.tls12 = forbid ? allowed.tls12 && !named->tls12 : allowed.tls12 || named->tls12;
    allowed.tls13 = forbid ? allowed.tls13 && !named->tls13 : allowed.tls13 || named->tls13;
  }
  if (first) return TlsVersions{true, true};
  if (!allowed.tls12 && !allowed.tls13)
    return Error{"'" + std::string(text) +
                 "' leaves neither tlsv1.2 nor tlsv1.3; older versions are not spoken"};
  return allowed;
}

std::string cipherList(std::string_view setting) {
  const std::string name = lowered(setting);
  if (name.empty() || name == "default" || name == "secure" || name == "normal" || name == "fast") return {};
  if (name == "all") return "ALL";
  return std::string(setting);
}

}  // namespace forebay::net
