#include "conf/tls_rules.h"

#include <set>

#include "conf/values.h"

namespace forebay::conf {

namespace {

void checkParts(const TlsSettings& tls, const std::string& section, const std::string& prefix,
                const RuleReport& report) {
  const std::string path = section + "." + prefix;
  if (tls.key_file.empty() != tls.cert_file.empty())
    report(path + (tls.key_file.empty() ? "cert_file" : "key_file"),
           prefix + "key_file and " + prefix + "cert_file belong together: set both or neither");
  static const std::set<std::string> kProtocols = {"secure", "all", "tlsv1.2", "tlsv1.3"};
  for (const std::string& each : splitList(tls.protocols))
    if (!kProtocols.contains(each))
      report(path + "protocols",
             prefix + "protocols must be secure, all, tlsv1.2 or tlsv1.3, not '" + each + "'");
}

}  // namespace

bool verifies(SslMode mode) { return mode == SslMode::kVerifyCa || mode == SslMode::kVerifyFull; }

void checkClientTls(const TlsSettings& tls, const std::string& section, const RuleReport& report) {
  checkParts(tls, section, "client_tls_", report);
  if (tls.sslmode == SslMode::kDisable) return;
  const std::string mode = "client_tls_sslmode '" + std::string(nameOf(tls.sslmode)) + "'";
  if (tls.key_file.empty() || tls.cert_file.empty())
    report(section + ".client_tls_sslmode", mode + " needs client_tls_key_file and client_tls_cert_file");
  if (verifies(tls.sslmode) && tls.ca_file.empty())
    report(section + ".client_tls_sslmode", mode + " needs client_tls_ca_file");
}

void checkServerTls(const TlsSettings& tls, const std::string& section, const RuleReport& report) {
  checkParts(tls, section, "server_tls_", report);
}

}  // namespace forebay::conf
