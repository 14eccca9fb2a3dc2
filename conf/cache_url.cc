#include "conf/cache_url.h"

#include <array>

#include "conf/address.h"
#include "conf/kinds.h"
#include "conf/url_parts.h"

namespace forebay::conf {

namespace {

struct Scheme {
  std::string_view prefix;
  bool tls = false, unix_socket = false;
};
constexpr std::array kSchemes = {Scheme{"redis://"}, Scheme{"rediss://", true},
                                 Scheme{"unix://", false, true}, Scheme{"redis+unix://", false, true}};

// What redis-py checks of the server's certificate.
struct Checking {
  std::string_view value;
  SslMode mode;
};
constexpr std::array kCheckings = {
    Checking{"none", SslMode::kRequire},        Checking{"CERT_NONE", SslMode::kRequire},
    Checking{"optional", SslMode::kVerifyFull}, Checking{"CERT_OPTIONAL", SslMode::kVerifyFull},
    Checking{"required", SslMode::kVerifyFull}, Checking{"CERT_REQUIRED", SslMode::kVerifyFull}};

class CacheUrlParser {
 public:
  Result<Cache> parse(std::string_view url) {
    const Scheme* scheme = schemeOf(url);
    if (!scheme) return Error{"the URL must begin with redis://, rediss://, unix:// or redis+unix://"};
    if (scheme->tls) cache_.server_tls_sslmode = SslMode::kVerifyFull;
    url.remove_prefix(scheme->prefix.size());
    const size_t question = std::min(url.find('?'), url.size());
    const std::string_view place = url.substr(0, question);
    Status status = scheme->unix_socket ? readSocket(place) : readServer(place);
    if (status && question < url.size())
      status = forEachParameter(
          url.substr(question + 1),
          [this](const std::string& name, const std::string& value) { return applyParameter(name, value); });
    if (!status) return Error{status.error()};
    return std::move(cache_);
  }

 private:
  static const Scheme* schemeOf(std::string_view url) {
    for (const Scheme& each : kSchemes)
      if (url.starts_with(each.prefix)) return &each;
    return nullptr;
  }

  Status readServer(std::string_view text) {
    const size_t slash = std::min(text.find('/'), text.size());
    std::string_view authority = text.substr(0, slash);
    if (Status status = takeLogin(authority, cache_.user, cache_.password); !status) return status;
    std::string host;
    if (Status status = decodeInto(host, authority, "host"); !status) return status;
    const std::optional<HostPort> read = readHost(host.empty() ? "localhost" : host, kRedisPort);
    if (!read || read->isUnix())
      return Error{"the URL's host must be HOST or HOST:PORT, with [] around an IPv6 address"};
    cache_.host = *read;
    const std::string_view path = text.substr(std::min(slash + 1, text.size()));
    if (path.empty() || readDatabase(path)) return Ok{};
    return Error{"the URL's path must be the number of a database, such as /0"};
  }

  // A login may stand in front of the path; a path may hold an '@' of its own.
  Status readSocket(std::string_view text) {
    const size_t slash = std::min(text.find('/'), text.size());
    const size_t at = text.substr(0, slash).rfind('@');
    if (at != std::string_view::npos) {
      std::string_view login = text.substr(0, at + 1);
      if (Status status = takeLogin(login, cache_.user, cache_.password); !status) return status;
      text.remove_prefix(at + 1);
    }
    std::string path;
    if (Status status = decodeInto(path, text, "path"); !status) return status;
    const std::optional<HostPort> read = readRedisHost(path);
    if (!read || !path.starts_with('/'))
      return Error{"the URL's path must be that of a socket, such as /run/redis.sock"};
    cache_.host = *read;
    return Ok{};
  }

  bool readDatabase(std::string_view text) { return Count{}.read(Given{std::string(text)}, cache_.database); }

  Status applyParameter(const std::string& name, const std::string& value) {
    if (name == "db") {
      if (readDatabase(value)) return Ok{};
    } else if (name == "user" || name == "username") {
      return cache_.user = value, Ok{};
    } else if (name == "password") {
      return cache_.password = value, Ok{};
    } else if (name == "protocol") {  // clients choose their own version with HELLO
      if (value == "2" || value == "3") return Ok{};
    } else if (name == "ssl_cert_reqs" && cache_.server_tls_sslmode) {
      for (const Checking& each : kCheckings)
        if (each.value == value) return cache_.server_tls_sslmode = each.mode, Ok{};
    } else {
      return unknownParameter(name);
    }
    return badParameter(name, value);
  }

  Cache cache_;
};

}  // namespace

Result<Cache> parseCacheUrl(std::string_view url) { return CacheUrlParser().parse(url); }

}  // namespace forebay::conf
