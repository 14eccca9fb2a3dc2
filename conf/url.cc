#include "conf/url.h"

#include <array>

#include "conf/address.h"
#include "conf/names.h"
#include "conf/url_parts.h"
#include "conf/values.h"

namespace forebay::conf {

namespace {

constexpr std::string_view kDefaultHost = "/run/postgresql";

// Where a libpq parameter belongs that holds for every server of this gateway.
struct GlobalParameter {
  std::string_view libpq, setting;
};
constexpr std::array kGlobalParameters = {GlobalParameter{"connect_timeout", "server_connect_timeout"},
                                          GlobalParameter{"sslrootcert", "server_tls_ca_file"},
                                          GlobalParameter{"sslcert", "server_tls_cert_file"},
                                          GlobalParameter{"sslkey", "server_tls_key_file"},
                                          GlobalParameter{"keepalives", "tcp_keepalive"},
                                          GlobalParameter{"keepalives_idle", "tcp_keepidle"},
                                          GlobalParameter{"keepalives_interval", "tcp_keepintvl"},
                                          GlobalParameter{"keepalives_count", "tcp_keepcnt"},
                                          GlobalParameter{"tcp_user_timeout", "tcp_user_timeout"}};

// Parameters whose listed values ask for what happens anyway; any other value would be a promise not kept.
struct Harmless {
  std::string_view name, value;
};
constexpr std::array kHarmless = {Harmless{"gssencmode", "disable"}, Harmless{"gssencmode", "prefer"},
                                  Harmless{"channel_binding", "prefer"},
                                  Harmless{"channel_binding", "disable"}, Harmless{"sslrootcert", "system"}};

class UrlParser {
 public:
  Result<DatabaseUrl> parse(std::string_view url) {
    if (url.starts_with("postgres://"))
      url.remove_prefix(11);
    else if (url.starts_with("postgresql://"))
      url.remove_prefix(13);
    else
      return Error{"the URL must begin with postgres:// or postgresql://"};
    const size_t question = std::min(url.find('?'), url.size());
    const std::string_view before = url.substr(0, question);
    const size_t slash = std::min(before.find('/'), before.size());
    Status status = readAuthority(before.substr(0, slash));
    if (status)
      status = decodeInto(out_.database.dbname, before.substr(std::min(slash + 1, before.size())), "path");
    if (status && question < url.size())
      status = forEachParameter(
          url.substr(question + 1),
          [this](const std::string& name, const std::string& value) { return applyParameter(name, value); });
    if (status) status = placeHosts();
    if (!status) return Error{status.error()};
    return std::move(out_);
  }

 private:
  Status readAuthority(std::string_view text) {
    if (Status status = takeLogin(text, out_.database.user, out_.database.password); !status) return status;
    for (const std::string& each : splitList(text)) {
      Result<std::string> decoded = percentDecode(each, "host");
      if (!decoded) return Error{decoded.error()};
      hosts_.push_back(std::move(*decoded));
    }
    return Ok{};
  }

  Status applyParameter(const std::string& name, const std::string& value) {
    Database& database = out_.database;
    for (const Harmless& each : kHarmless)
      if (each.name == name && each.value == value) return Ok{};
    for (const GlobalParameter& each : kGlobalParameters)
      if (each.libpq == name) return out_.global[std::string(each.setting)] = value, Ok{};
    if (name == "host") return hosts_ = splitList(value), Ok{};
    if (name == "port") return ports_ = splitList(value), Ok{};
    if (name == "dbname") return database.dbname = value, Ok{};
    if (name == "user") return database.user = value, Ok{};
    if (name == "password") return database.password = value, Ok{};
    if (name == "application_name" || name == "client_encoding" || name == "options")
      return database.startup_parameters[name] = value, Ok{};
    if (name == "fallback_application_name")
      return database.startup_parameters.try_emplace("application_name", value), Ok{};
    return applyChoice(name, value);
  }

  Status applyChoice(const std::string& name, const std::string& value) {
    Database& database = out_.database;
    if (name == "sslmode") {
      for (const auto& each : kSslModes)
        if (each.name == value) return database.server_tls_sslmode = each.value, Ok{};
    } else if (name == "ssl" && value == "true") {
      return database.server_tls_sslmode = SslMode::kRequire, Ok{};
    } else if (name == "sslnegotiation") {
      for (const auto& each : kSslNegotiations)
        if (each.name == value) return database.server_direct_tls = each.value, Ok{};
    } else if (name == "target_session_attrs") {
      for (const auto& each : kTargetSessionAttrs)
        if (each.name == value) return database.target_session_attrs = each.value, Ok{};
    } else if (name == "load_balance_hosts" && (value == "random" || value == "disable")) {
      database.load_balance_hosts =
          value == "random" ? LoadBalanceHosts::kRoundRobin : LoadBalanceHosts::kDisable;
      return Ok{};
    } else {
      for (const Harmless& each : kHarmless)
        if (each.name == name) return badParameter(name, value);
      return unknownParameter(name);
    }
    return badParameter(name, value);
  }

  // One port for all hosts, or one for each; a port beside its host comes first.
  Status placeHosts() {
    if (hosts_.empty()) hosts_.emplace_back(kDefaultHost);
    if (ports_.size() > 1 && ports_.size() != hosts_.size())
      return Error{"the URL has " + std::to_string(ports_.size()) + " ports for " +
                   std::to_string(hosts_.size()) + " hosts"};
    for (size_t i = 0; i < hosts_.size(); ++i) {
      uint16_t port = kPostgresPort;
      if (!ports_.empty()) {
        const std::optional<uint16_t> read = readPort(ports_.size() == 1 ? ports_[0] : ports_[i]);
        if (!read || *read == 0) return Error{"the URL's port must be a number from 1 to 65535"};
        port = *read;
      }
      const std::optional<HostPort> host = readHost(hosts_[i], port);
      if (!host) return Error{"the URL's host must be HOST or HOST:PORT, with [] around an IPv6 address"};
      out_.database.hosts.push_back(*host);
    }
    return Ok{};
  }

  DatabaseUrl out_;
  std::vector<std::string> hosts_, ports_;
};

}  // namespace

Result<DatabaseUrl> parseDatabaseUrl(std::string_view url) { return UrlParser().parse(url); }

}  // namespace forebay::conf
