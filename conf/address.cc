#include "conf/address.h"

#include <charconv>

namespace forebay::conf {

namespace {

struct Split {
  std::string_view host;
  std::optional<std::string_view> port;  // what follows the colon
};

// Divides "host:port"; the colons of a bare IPv6 address divide nothing. Nothing when the brackets do not
// match.
std::optional<Split> splitHost(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest[0] != ':') return std::nullopt;
    Split split{text.substr(1, end - 1), std::nullopt};
    if (!rest.empty()) split.port = rest.substr(1);
    return split;
  }
  const size_t colon = text.rfind(':');
  const bool path = text.starts_with('/') || text.starts_with('@');
  if (colon == std::string_view::npos || (!path && text.find(':') != colon)) return Split{text, std::nullopt};
  return Split{text.substr(0, colon), text.substr(colon + 1)};
}

bool plausibleHost(std::string_view host) {
  return !host.empty() && host.find_first_of(" \t\r\n,[]\"'") == std::string_view::npos;
}

// Only digits and dots: "127.evil.example.com" is a name that may be anywhere.
bool isIpv4(std::string_view host) { return host.find_first_not_of("0123456789.") == std::string_view::npos; }

std::string joined(std::string_view host, uint16_t port) {
  const bool ipv6 = host.find(':') != std::string_view::npos && host[0] != '/' && host[0] != '@';
  if (port == 0 && (host.starts_with('/') || host.starts_with('@'))) return std::string(host);
  return (ipv6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port);
}

}  // namespace

std::optional<uint16_t> readPort(std::string_view text) {
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || next != end || text.empty()) return std::nullopt;
  return port;
}

std::optional<ListenAddress> readListenAddress(std::string_view text) {
  const bool unix_socket = text.starts_with("unix:");
  if (unix_socket) text.remove_prefix(5);
  const std::optional<Split> split = splitHost(text);
  if (!split || !plausibleHost(split->host)) return std::nullopt;
  ListenAddress address{std::string(split->host), kListenPort};
  if (address.isUnix() != unix_socket) return std::nullopt;
  if (!split->port && !unix_socket) return std::nullopt;
  if (split->port) {
    const std::optional<uint16_t> port = readPort(*split->port);
    if (!port) return std::nullopt;
    address.port = *port;
  }
  if (address.host == "*") address.host.clear();
  return address;
}

std::optional<ListenAddress> readRedisListener(std::string_view text) {
  if (!text.starts_with("unix:")) return readListenAddress(text);
  ListenAddress address{std::string(text.substr(5)), 0};
  if (!address.isUnix() || !plausibleHost(address.host)) return std::nullopt;
  return address;
}

bool isLoopback(const ListenAddress& address) {
  return address.isUnix() || address.host == "localhost" || address.host == "::1" ||
         (address.host.starts_with("127.") && isIpv4(address.host));
}

std::string format(const ListenAddress& address) {
  if (address.isUnix()) return "unix:" + joined(address.host, address.port);
  return joined(address.host.empty() ? "*" : address.host, address.port);
}

std::optional<HostPort> readHost(std::string_view text, uint16_t default_port) {
  const std::optional<Split> split = splitHost(text);
  if (!split || !plausibleHost(split->host)) return std::nullopt;
  HostPort host{std::string(split->host), default_port};
  if (split->port) {
    const std::optional<uint16_t> port = readPort(*split->port);
    if (!port || *port == 0) return std::nullopt;
    host.port = *port;
  }
  return host;
}

std::optional<HostPort> readRedisHost(std::string_view text, uint16_t default_port) {
  const HostPort socket{std::string(text), 0};
  if (!socket.isUnix()) return readHost(text, default_port);
  return plausibleHost(text) ? std::optional(socket) : std::nullopt;
}

std::optional<HostPort> readSentinel(std::string_view text) {
  std::optional<HostPort> host = readHost(text, kSentinelPort);
  return host && !host->isUnix() ? host : std::nullopt;
}

std::optional<RestUrl> readPatroniUrl(std::string_view text) {
  constexpr std::string_view kPlain = "http://", kTls = "https://";
  RestUrl url{.tls = text.starts_with(kTls), .at = {}};
  if (!url.tls && !text.starts_with(kPlain)) return std::nullopt;
  text.remove_prefix(url.tls ? kTls.size() : kPlain.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.find_first_of("/?#@") != std::string_view::npos) return std::nullopt;
  const std::optional<HostPort> at = readHost(text, kPatroniPort);
  if (!at || at->isUnix()) return std::nullopt;
  url.at = *at;
  return url;
}

std::string format(const RestUrl& url) { return (url.tls ? "https://" : "http://") + format(url.at); }

std::string format(const HostPort& host) { return joined(host.host, host.port); }

}  // namespace forebay::conf
