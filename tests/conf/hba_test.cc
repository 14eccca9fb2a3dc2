#include "conf/hba.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <map>

namespace forebay::conf {
namespace {

// The files that rules may include.
Result<std::string> readFile(const std::string& file) {
  static const std::map<std::string, std::string> kFiles = {
      {"names", "ann, bob   # two of them\n\"all\"\n@more/names\n"},
      {"more/names", "cid\n"},
      {"circle", "ann @circle\n"},
      {"open", "\"ann\n"},
      {"/etc/names", "dan\n"},
  };
  const auto found = kFiles.find(file);
  return found == kFiles.end() ? Result<std::string>(Error{"No such file or directory"}) : found->second;
}

Hba parsed(std::string_view rules, std::string_view ident = "") {
  Result<Hba> hba = parseHba(rules, "hba", ident, "ident", readFile);
  EXPECT_TRUE(hba.ok()) << (hba.ok() ? "" : hba.error());
  return hba ? *hba : Hba{};
}

std::string errorIn(std::string_view rules, std::string_view ident = "") {
  const Result<Hba> hba = parseHba(rules, "hba", ident, "ident", readFile);
  return hba ? "" : hba.error();
}

HbaQuery local(std::string_view user, std::string_view database) {
  HbaQuery query;
  query.user = user;
  query.database = database;
  query.unix_socket = true;
  return query;
}

HbaQuery from(const char* address, std::string_view user = "ann", std::string_view database = "app") {
  HbaQuery query;
  query.user = user;
  query.database = database;
  query.ipv6 = inet_pton(AF_INET, address, query.address.data()) != 1;
  EXPECT_TRUE(!query.ipv6 || inet_pton(AF_INET6, address, query.address.data()) == 1) << address;
  return query;
}

HbaQuery overTls(HbaQuery query) {
  query.tls = true;
  return query;
}

// The method that `hba` asks for, or reject when no rule matches.
HbaMethod method(const Hba& hba, const HbaQuery& query) {
  const HbaRule* rule = hba.match(query);
  return rule ? rule->method : HbaMethod::kReject;
}

TEST(HbaRules, AreTriedInOrderAndTheFirstThatMatchesCounts) {
  const Hba hba = parsed(
      "# comment\n"
      "host all ann 10.0.0.0/8 reject   # no ann from there\n"
      "host all all 10.0.0.0/8 md5\n"
      "host all all all trust\n");
  EXPECT_EQ(method(hba, from("10.1.2.3", "ann")), HbaMethod::kReject);
  EXPECT_EQ(method(hba, from("10.1.2.3", "bob")), HbaMethod::kMd5);
  EXPECT_EQ(method(hba, from("192.168.0.1", "ann")), HbaMethod::kTrust);
  EXPECT_EQ(hba.rules[1].line, 3);
}

TEST(HbaRules, MatchNothingWhenThereIsNone) {
  EXPECT_EQ(Hba{}.match(from("10.0.0.1")), nullptr);
  EXPECT_EQ(parsed("local all all trust\n").match(from("10.0.0.1")), nullptr);
}

TEST(HbaRules, TellKindsOfConnectionsApart) {
  const Hba hba = parsed(
      "local all all peer\n"
      "hostssl all all all scram-sha-256\n"
      "hostnossl all all 127.0.0.1/32 password\n");
  EXPECT_EQ(method(hba, local("ann", "app")), HbaMethod::kPeer);
  EXPECT_EQ(method(hba, overTls(from("10.0.0.1"))), HbaMethod::kScramSha256);
  EXPECT_EQ(method(hba, from("127.0.0.1")), HbaMethod::kPassword);
  EXPECT_EQ(method(hba, from("10.0.0.1")), HbaMethod::kReject);
}

TEST(HbaRules, HostCoversTlsAndPlainConnections) {
  const Hba hba = parsed("host all all all trust\n");
  EXPECT_EQ(method(hba, from("10.0.0.1")), HbaMethod::kTrust);
  EXPECT_EQ(method(hba, overTls(from("10.0.0.1"))), HbaMethod::kTrust);
  EXPECT_EQ(method(hba, local("ann", "app")), HbaMethod::kReject);
}

TEST(HbaAddresses, AreNetworksInBothNotations) {
  const Hba bits = parsed("host all all 10.32.0.0/11 trust\n");
  const Hba mask = parsed("host all all 10.32.0.0 255.224.0.0 trust\n");
  for (const Hba& hba : {bits, mask}) {
    EXPECT_EQ(method(hba, from("10.63.255.255")), HbaMethod::kTrust);
    EXPECT_EQ(method(hba, from("10.64.0.0")), HbaMethod::kReject);
  }
  EXPECT_EQ(method(parsed("host all all 0.0.0.0/0 trust\n"), from("203.0.113.9")), HbaMethod::kTrust);
  EXPECT_EQ(method(parsed("host all all 10.0.0.1/32 trust\n"), from("10.0.0.2")), HbaMethod::kReject);
}

TEST(HbaAddresses, KeepTheFamiliesApart) {
  const Hba hba = parsed("host all all 2001:db8::/33 trust\nhost all all ::0/0 md5\n");
  EXPECT_EQ(method(hba, from("2001:db8:7fff::1")), HbaMethod::kTrust);
  EXPECT_EQ(method(hba, from("2001:db8:8000::1")), HbaMethod::kMd5);
  EXPECT_EQ(method(hba, from("10.0.0.1")), HbaMethod::kReject);
}

TEST(HbaNames, AreLists) {
  const Hba hba = parsed("local app,shop, stock ann,bob trust\n");
  for (const char* database : {"app", "shop", "stock"})
    EXPECT_EQ(method(hba, local("bob", database)), HbaMethod::kTrust) << database;
  EXPECT_EQ(method(hba, local("bob", "other")), HbaMethod::kReject);
  EXPECT_EQ(method(hba, local("carl", "app")), HbaMethod::kReject);
}

TEST(HbaNames, HaveSpecialWordsThatQuotesMakePlain) {
  EXPECT_EQ(method(parsed("local sameuser all trust\n"), local("ann", "ann")), HbaMethod::kTrust);
  EXPECT_EQ(method(parsed("local sameuser all trust\n"), local("ann", "app")), HbaMethod::kReject);
  const Hba doubled = parsed("local all \"a\"\"b#,\" trust\n");
  EXPECT_EQ(method(doubled, local("a\"b#,", "app")), HbaMethod::kTrust);
  const Hba quoted = parsed("local \"all\" \"a user\" trust\n");
  EXPECT_EQ(method(quoted, local("a user", "app")), HbaMethod::kReject);
  EXPECT_EQ(method(quoted, local("a user", "all")), HbaMethod::kTrust);
}

TEST(HbaNames, MatchPhysicalReplicationOnlyByItsOwnWord) {
  HbaQuery query = local("ann", "");
  query.replication = true;
  EXPECT_EQ(method(parsed("local all all trust\n"), query), HbaMethod::kReject);
  EXPECT_EQ(method(parsed("local replication all trust\n"), query), HbaMethod::kTrust);
  EXPECT_EQ(method(parsed("local replication all trust\n"), local("ann", "replication")), HbaMethod::kReject);
}

TEST(HbaNames, MayBeRegularExpressions) {
  const Hba hba = parsed("local /^shop[0-9]+$ \"/^(a,b|ro_)\" trust\n");
  EXPECT_EQ(method(hba, local("ro_ann", "shop12")), HbaMethod::kTrust);
  EXPECT_EQ(method(hba, local("a,b", "shop12")), HbaMethod::kTrust) << "quotes are there for the comma";
  EXPECT_EQ(method(hba, local("ann", "shop12")), HbaMethod::kReject);
  EXPECT_EQ(method(hba, local("ro_ann", "myshop1")), HbaMethod::kReject);
  EXPECT_EQ(method(hba, local("ro_" + std::string(100, 'x'), "shop1")), HbaMethod::kReject)
      << "no PostgreSQL name is that long";
}

TEST(HbaLines, MayContinue) {
  const Hba hba = parsed("local all \\\n  ann \\\n trust\nlocal all bob reject\n");
  ASSERT_EQ(hba.rules.size(), 2u);
  EXPECT_EQ(hba.rules[0].line, 1);
  EXPECT_EQ(hba.rules[1].line, 4);
}

TEST(HbaErrors, NameEachLineAndItsFault) {
  EXPECT_EQ(errorIn("guest all all trust"),
            "hba:1:1: a rule must begin with local, host, hostssl or hostnossl, not 'guest'");
  EXPECT_EQ(errorIn("local"), "hba:1:6: the rule ends before its database");
  EXPECT_EQ(errorIn("local all"), "hba:1:10: the rule ends before its user");
  EXPECT_EQ(errorIn("host all all"), "hba:1:13: the rule ends before its address");
  EXPECT_EQ(errorIn("host all all 10.0.0.1"), "hba:1:22: the rule ends before its mask");
  EXPECT_EQ(errorIn("local all all"), "hba:1:14: the rule ends before its method");
  EXPECT_EQ(errorIn("host all all 10.0.0.1 trust"),
            "hba:1:23: a mask or /bits must follow the address, not 'trust'");
  EXPECT_EQ(errorIn("host all all 10.0.0.1/33 trust"),
            "hba:1:14: the bits of the address must be from 0 to 32, not '33'");
  EXPECT_EQ(errorIn("host all all example.org trust"),
            "hba:1:14: the address must be all, an IP address with /bits or a mask, not 'example.org'");
  EXPECT_EQ(errorIn("local app , shop ann trust"), "hba:1:11: a comma must directly follow a name");
  EXPECT_EQ(errorIn("local app,"), "hba:1:11: a name must follow the comma");
  EXPECT_EQ(errorIn("host all all 10.0.0.0/8,192.168.0.0/16 reject"),
            "hba:1:14: the address cannot be a list");
  EXPECT_EQ(errorIn("local all all md5,trust"), "hba:1:15: the method cannot be a list");
  EXPECT_EQ(errorIn("local all \"ann trust"), "hba:1:11: a double quote is not closed");
  EXPECT_EQ(
      errorIn("\nlocal all all trust\nlocal all all gss\nlocal all all ldap"),
      "hba:3:15: the method must be trust, reject, md5, password, scram-sha-256, peer or cert, not 'gss'\n"
      "hba:4:15: the method must be trust, reject, md5, password, scram-sha-256, peer or cert, not 'ldap'");
}

TEST(HbaErrors, CountFromTheLineThatIsMeantWhereOneContinuesAnother) {
  EXPECT_EQ(errorIn("# of staff\nlocal all \\\n  ann,/( \\\n trust"),
            "hba:3:7: '/(' is not a valid regular expression");
  EXPECT_EQ(errorIn("local all \\\nann \n"), "hba:2:5: the rule ends before its method");
}

TEST(HbaRules, TakeNamesFromAnIncludedFile) {
  const Hba hba = parsed("local @names,eve @/etc/names trust\n");
  for (const char* database : {"ann", "bob", "cid", "eve", "all"})
    EXPECT_EQ(method(hba, local("dan", database)), HbaMethod::kTrust) << database;
  EXPECT_EQ(method(hba, local("dan", "fay")), HbaMethod::kReject) << "a quoted all is a name";
  EXPECT_EQ(method(hba, local("ann", "ann")), HbaMethod::kReject);
}

TEST(HbaRules, AnAtSignInQuotesIsPartOfAName) {
  EXPECT_EQ(method(parsed("local \"@names\" all trust"), local("ann", "@names")), HbaMethod::kTrust);
}

TEST(HbaErrors, NameTheIncludedFileAndItsLine) {
  EXPECT_EQ(errorIn("local @none all trust"),
            "hba:1:7: '@none': cannot read none: No such file or directory");
  EXPECT_EQ(errorIn("local @open all trust"), "hba:1:7: open:1:1: a double quote is not closed");
  const std::string circle = errorIn("local @circle all trust");
  EXPECT_NE(circle.find("'@circle' is included in a circle, or too deep"), std::string::npos) << circle;
}

TEST(HbaErrors, RefuseWhatCannotBeHonoured) {
  EXPECT_EQ(errorIn("local all +admins trust"),
            "hba:1:11: '+admins' is not supported: role membership is not known here");
  EXPECT_EQ(errorIn("local samerole all trust"),
            "hba:1:7: 'samerole' is not supported: role membership is not known here");
  EXPECT_EQ(errorIn("host all all samenet trust"),
            "hba:1:14: 'samenet' is not supported: write the addresses");
  EXPECT_EQ(errorIn("local all /( trust"), "hba:1:11: '/(' is not a valid regular expression");
  EXPECT_EQ(errorIn("host all all all peer"), "hba:1:18: method 'peer' works in a local rule only");
  EXPECT_EQ(errorIn("host all all all cert"), "hba:1:18: method 'cert' works in a hostssl rule only");
  EXPECT_EQ(errorIn("host all all all md5 map=x"), "hba:1:22: map= goes with the methods peer and cert only");
  EXPECT_EQ(errorIn("hostssl all all all md5 clientcert=verify-ca"),
            "hba:1:25: the option 'clientcert=verify-ca' is not supported; map= is");
}

TEST(IdentMaps, SayWhoMayBeWhom) {
  const Hba hba = parsed("local all all peer map=staff\n",
                         "# map system database\n"
                         "staff ann app\n"
                         "staff root all\n"
                         "staff /^(.*)@example\\.org$ \\1\n"
                         "other bob app\n");
  ASSERT_NE(hba.match(local("app", "db")), nullptr);
  EXPECT_EQ(hba.match(local("app", "db"))->map, "staff");
  EXPECT_TRUE(hba.mapAllows("staff", "ann", "app"));
  EXPECT_FALSE(hba.mapAllows("staff", "ann", "ann")) << "with a map only the map counts";
  EXPECT_TRUE(hba.mapAllows("staff", "root", "whoever"));
  EXPECT_TRUE(hba.mapAllows("staff", "carl@example.org", "carl"));
  EXPECT_FALSE(hba.mapAllows("staff", "carl@example.org", "ann"));
  EXPECT_FALSE(hba.mapAllows("staff", "bob", "app"));
  EXPECT_FALSE(hba.mapAllows("missing", "ann", "app"));
}

TEST(IdentMaps, AreNotNeededWhereTheNamesAreEqual) {
  EXPECT_TRUE(Hba{}.mapAllows("", "ann", "ann"));
  EXPECT_FALSE(Hba{}.mapAllows("", "ann", "bob"));
}

TEST(IdentMaps, AreToldTheirFaults) {
  EXPECT_EQ(errorIn("", "staff ann\nstaff /( app\nstaff ann +admins\nstaff ann,bob app\n"),
            "ident:1:1: a line must be: map-name system-user database-user\n"
            "ident:2:7: '/(' is not a valid regular expression\n"
            "ident:3:11: '+admins' is not supported: write the user's name, or all\n"
            "ident:4:1: a line must be: map-name system-user database-user");
}

}  // namespace
}  // namespace forebay::conf
