// An HBA file and, behind a zero byte, an ident file.
#include <string>

#include "conf/hba.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::conf;

namespace {

const HbaQuery kQueries[] = {
    {.database = "shop", .user = "app", .unix_socket = true},
    {.database = "app", .user = "app", .tls = true, .address = {127, 0, 0, 1}},
    {.database = "shop", .user = "app", .replication = true, .address = {10, 1, 2, 3}},
    {.database = "shop", .user = "app", .tls = true, .ipv6 = true, .address = {0xfe, 0x80, 0, 1}},
};

Result<std::string> noFile(const std::string&) { return Error{"there is none"}; }

void checkRule(const HbaRule& rule) {
  require(rule.line >= 1, "a rule has a line");
  require(!rule.databases.empty() && !rule.users.empty(), "a rule names databases and users");
  require(rule.method != HbaMethod::kPeer || rule.connection == HbaConnection::kLocal,
          "peer needs a Unix socket");
  require(rule.method != HbaMethod::kCert || rule.connection == HbaConnection::kHostSsl, "cert needs TLS");
}

void checkMatch(const Hba& hba, const HbaQuery& query) {
  const HbaRule* found = hba.match(query);
  if (found == nullptr) return;
  require(found >= hba.rules.data() && found < hba.rules.data() + hba.rules.size(),
          "the rule is one of the file's");
  require((found->connection == HbaConnection::kLocal) == query.unix_socket, "local means Unix sockets");
  require(found->connection != HbaConnection::kHostSsl || query.tls, "hostssl means TLS");
  require(found->connection != HbaConnection::kHostNoSsl || !query.tls, "hostnossl means no TLS");
  hba.mapAllows(found->map, "app", query.user);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes text = asBytes(data, size);
  const Bytes rules = text.substr(0, text.find('\0'));
  const Bytes mappings = text.substr(std::min(rules.size() + 1, text.size()));
  const auto hba = parseHba(rules, "hba.conf", mappings, "ident.conf", noFile);
  if (!hba) {
    require(hba.error().starts_with("hba.conf:") || hba.error().starts_with("ident.conf:"),
            "an error names its place");
    return 0;
  }
  for (const HbaRule& rule : hba->rules) checkRule(rule);
  for (const HbaQuery& query : kQueries) checkMatch(*hba, query);

  // A file behind itself adds rules that are never reached.
  const std::string twice = std::string(rules) + "\n\n" + std::string(rules);
  const auto doubled = parseHba(twice, "hba.conf", mappings, "ident.conf", noFile);
  require(doubled.ok() && doubled->rules.size() == 2 * hba->rules.size(), "a file twice has its rules twice");
  for (const HbaQuery& query : kQueries) {
    const HbaRule* once = hba->match(query);
    const HbaRule* again = doubled->match(query);
    require(once == nullptr ? again == nullptr : again != nullptr && *again == *once,
            "the first rule that fits counts");
  }
  return 0;
}
