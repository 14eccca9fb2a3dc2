#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "conf/hba.h"
#include "conf/hba_lines.h"
#include "conf/pattern.h"
#include "conf/problems.h"
#include "conf/values.h"

namespace forebay::conf {

namespace {

template <typename E>
struct Word {
  std::string_view name;
  E value;
};
constexpr std::array kConnections = {Word<HbaConnection>{"local", HbaConnection::kLocal},
                                     Word<HbaConnection>{"host", HbaConnection::kHost},
                                     Word<HbaConnection>{"hostssl", HbaConnection::kHostSsl},
                                     Word<HbaConnection>{"hostnossl", HbaConnection::kHostNoSsl}};
constexpr std::array kMethods = {Word<HbaMethod>{"trust", HbaMethod::kTrust},
                                 Word<HbaMethod>{"reject", HbaMethod::kReject},
                                 Word<HbaMethod>{"md5", HbaMethod::kMd5},
                                 Word<HbaMethod>{"password", HbaMethod::kPassword},
                                 Word<HbaMethod>{"scram-sha-256", HbaMethod::kScramSha256},
                                 Word<HbaMethod>{"peer", HbaMethod::kPeer},
                                 Word<HbaMethod>{"cert", HbaMethod::kCert}};

template <typename E, size_t N>
std::optional<E> find(const std::array<Word<E>, N>& words, std::string_view name) {
  for (const Word<E>& each : words)
    if (each.name == name) return each.value;
  return std::nullopt;
}

struct Network {
  std::array<uint8_t, 16> bytes{};
  bool ipv6 = false;
};

std::optional<Network> readAddress(const std::string& text) {
  Network out;
  if (inet_pton(AF_INET, text.c_str(), out.bytes.data()) == 1) return out;
  out.ipv6 = true;
  if (inet_pton(AF_INET6, text.c_str(), out.bytes.data()) == 1) return out;
  return std::nullopt;
}

std::array<uint8_t, 16> maskOf(unsigned prefix) {
  std::array<uint8_t, 16> mask{};
  for (unsigned bit = 0; bit < prefix; ++bit) mask[bit / 8] |= static_cast<uint8_t>(0x80 >> (bit % 8));
  return mask;
}

using Wrong = std::optional<std::string>;  // why a line cannot be read, or nothing

// A file of names may name others, and must not go round in a circle.
constexpr int kDeepestInclude = 10;

// Names from `@file`: divided by blanks, line ends or commas.
class Includes {
 public:
  Includes(std::string_view hba_file, const ReadFile& read_file)
      : folder_(std::filesystem::path(hba_file).parent_path()), read_file_(read_file) {}

  Wrong addNames(const std::string& file, HbaField& out, int depth = 1) const {
    if (depth > kDeepestInclude) return "'@" + file + "' is included in a circle, or too deep";
    const std::string path = (folder_ / file).string();  // an absolute one stays itself
    const Result<std::string> text = read_file_(path);
    if (!text) return "'@" + file + "': cannot read " + path + ": " + text.error();
    for (const HbaLine& line : divideHbaLines(*text)) {
      if (!line.wrong.empty()) return path + ":" + format(line.end) + ": " + line.wrong;
      for (const HbaField& field : line.fields)
        for (const HbaToken& token : field) {
          if (!isInclude(token)) {
            out.push_back(token);
          } else if (Wrong wrong = addNames(token.text.substr(1), out, depth + 1)) {
            return path + ":" + format(token.place) + ": " + *wrong;
          }
        }
    }
    return std::nullopt;
  }

  static bool isInclude(const HbaToken& token) { return !token.quoted && token.text.starts_with('@'); }

 private:
  const std::filesystem::path folder_;
  const ReadFile& read_file_;
};

// Reads one rule, field by field.
class RuleParser {
 public:
  RuleParser(const HbaLine& line, const Includes& includes)
      : fields_(line.fields), end_(line.end), includes_(includes) {}

  Wrong parse(HbaRule& rule) {
    for (const auto read : {&RuleParser::readConnection, &RuleParser::readDatabases, &RuleParser::readUsers,
                            &RuleParser::readNetwork, &RuleParser::readMethod, &RuleParser::readOptions})
      if (Wrong wrong = (this->*read)(rule)) return wrong;
    return std::nullopt;
  }

  Place where() const { return where_; }  // what was read last

 private:
  bool more() {
    const bool more = at_ < fields_.size();
    where_ = more ? fields_[at_].front().place : end_;
    return more;
  }

  // The next field, which must be there and no list: a part of a list must never be left out in silence.
  Wrong takeOne(const std::string& what, HbaToken& out) {
    if (!more()) return "the rule ends before its " + what;
    const HbaField& field = fields_[at_++];
    if (field.size() > 1) return "the " + what + " cannot be a list";
    out = field.front();
    return std::nullopt;
  }

  Wrong readConnection(HbaRule& rule) {
    HbaToken token;
    if (Wrong wrong = takeOne("connection type", token)) return wrong;
    const std::optional<HbaConnection> connection = find(kConnections, token.text);
    if (!connection)
      return "a rule must begin with local, host, hostssl or hostnossl, not '" + token.text + "'";
    rule.connection = *connection;
    return std::nullopt;
  }

  Wrong readDatabases(HbaRule& rule) { return readNames("database", rule.databases, true); }
  Wrong readUsers(HbaRule& rule) { return readNames("user", rule.users, false); }

  Wrong readNames(const std::string& what, std::vector<HbaName>& out, bool databases) {
    if (!more()) return "the rule ends before its " + what;
    HbaField tokens;
    for (const HbaToken& token : fields_[at_++]) {
      where_ = token.place;
      const size_t before = tokens.size();
      if (!Includes::isInclude(token)) {
        tokens.push_back(token);
      } else if (Wrong wrong = includes_.addNames(token.text.substr(1), tokens)) {
        return wrong;
      }
      for (size_t i = before; i < tokens.size(); ++i) tokens[i].place = token.place;
    }
    for (const HbaToken& token : tokens) {
      where_ = token.place;
      HbaName name{HbaName::Kind::kLiteral, token.text};
      if (Wrong wrong = readName(token, databases, name)) return wrong;
      out.push_back(std::move(name));
    }
    return std::nullopt;
  }

  static Wrong readName(const HbaToken& token, bool database, HbaName& name) {
    if (token.text.starts_with('/')) {  // also in quotes, which a pattern with a comma needs
      name = {HbaName::Kind::kRegex, token.text.substr(1)};
      if (!validPattern(name.text)) return "'" + token.text + "' is not a valid regular expression";
      return std::nullopt;
    }
    if (token.quoted) return std::nullopt;
    if (token.is("all")) name.kind = HbaName::Kind::kAll;
    if (database && token.is("sameuser")) name.kind = HbaName::Kind::kSameUser;
    if (database && token.is("replication")) name.kind = HbaName::Kind::kReplication;
    if (database && (token.is("samerole") || token.is("samegroup")))
      return "'" + token.text + "' is not supported: role membership is not known here";
    if (token.text.starts_with('+'))
      return "'" + token.text + "' is not supported: role membership is not known here";
    return std::nullopt;
  }

  Wrong readNetwork(HbaRule& rule) {
    if (rule.connection == HbaConnection::kLocal) return std::nullopt;
    HbaToken token;
    if (Wrong wrong = takeOne("address", token)) return wrong;
    if (token.is("all")) return std::nullopt;
    if (token.is("samehost") || token.is("samenet"))
      return "'" + token.text + "' is not supported: write the addresses";
    rule.any_address = false;
    const size_t slash = token.text.find('/');
    const std::optional<Network> network = readAddress(token.text.substr(0, slash));
    if (!network)
      return "the address must be all, an IP address with /bits or a mask, not '" + token.text + "'";
    rule.address = network->bytes;
    rule.ipv6 = network->ipv6;
    return slash == std::string::npos ? readMask(rule) : readPrefix(token.text.substr(slash + 1), rule);
  }

  static Wrong readPrefix(const std::string& text, HbaRule& rule) {
    const int64_t most = rule.ipv6 ? 128 : 32;
    const std::optional<int64_t> bits = readWhole(Given{text});
    if (!bits || *bits < 0 || *bits > most)
      return "the bits of the address must be from 0 to " + std::to_string(most) + ", not '" + text + "'";
    rule.mask = maskOf(static_cast<unsigned>(*bits));
    return std::nullopt;
  }

  Wrong readMask(HbaRule& rule) {
    HbaToken token;
    if (Wrong wrong = takeOne("mask", token)) return wrong;
    const std::optional<Network> mask = readAddress(token.text);
    if (!mask || mask->ipv6 != rule.ipv6)
      return "a mask or /bits must follow the address, not '" + token.text + "'";
    rule.mask = mask->bytes;
    return std::nullopt;
  }

  Wrong readMethod(HbaRule& rule) {
    HbaToken token;
    if (Wrong wrong = takeOne("method", token)) return wrong;
    const std::optional<HbaMethod> method = find(kMethods, token.text);
    if (!method)
      return "the method must be trust, reject, md5, password, scram-sha-256, peer or cert, not '" +
             token.text + "'";
    rule.method = *method;
    if (rule.method == HbaMethod::kPeer && rule.connection != HbaConnection::kLocal)
      return "method 'peer' works in a local rule only";
    if (rule.method == HbaMethod::kCert && rule.connection != HbaConnection::kHostSsl)
      return "method 'cert' works in a hostssl rule only";
    return std::nullopt;
  }

  Wrong readOptions(HbaRule& rule) {
    while (more()) {
      HbaToken token;
      if (Wrong wrong = takeOne("option", token)) return wrong;
      if (!token.text.starts_with("map=")) return "the option '" + token.text + "' is not supported; map= is";
      if (rule.method != HbaMethod::kPeer && rule.method != HbaMethod::kCert)
        return "map= goes with the methods peer and cert only";
      rule.map = token.text.substr(4);
    }
    return std::nullopt;
  }

  const std::vector<HbaField>& fields_;
  const Place end_;
  const Includes& includes_;
  size_t at_ = 0;
  Place where_{};
};

// `where` is set to the place of what is wrong.
Wrong parseMapping(const std::vector<HbaField>& fields, IdentMapping& out, Place& where) {
  where = fields.front().front().place;
  const bool lists =
      std::any_of(fields.begin(), fields.end(), [](const HbaField& field) { return field.size() > 1; });
  if (fields.size() != 3 || lists) return "a line must be: map-name system-user database-user";
  const HbaToken& system_user = fields[1].front();
  const HbaToken& database_user = fields[2].front();
  out = {fields[0].front().text, system_user.text, database_user.text};
  where = system_user.place;
  if (system_user.text.starts_with('/') && !validPattern(std::string_view(system_user.text).substr(1)))
    return "'" + system_user.text + "' is not a valid regular expression";
  where = database_user.place;
  if (!database_user.quoted && (database_user.text.starts_with('+') || database_user.text.starts_with('/')))
    return "'" + database_user.text + "' is not supported: write the user's name, or all";
  return std::nullopt;
}

// Parses each line of `text` with `parse(line, entry, where)` into `out`, and adds a line to `errors` for
// each that fails.
template <typename Entry, typename Parse>
void parseLines(std::string_view text, std::string_view file, Parse parse, std::vector<Entry>& out,
                Problems& errors) {
  for (const HbaLine& line : divideHbaLines(text)) {
    Entry entry;
    Place where = line.end;
    const Wrong wrong = line.wrong.empty() ? parse(line, entry, where) : Wrong(line.wrong);
    if (wrong)
      errors.addLine(std::string(file) + ":" + format(where) + ": " + *wrong);
    else
      out.push_back(std::move(entry));
  }
}

}  // namespace

Result<Hba> parseHba(std::string_view hba_text, std::string_view hba_file, std::string_view ident_text,
                     std::string_view ident_file, const ReadFile& read_file) {
  const Includes includes(hba_file, read_file);
  Hba hba;
  Problems errors("");
  const auto parse_rule = [&](const HbaLine& line, HbaRule& rule, Place& where) {
    rule.line = static_cast<int>(line.number);
    RuleParser parser(line, includes);
    Wrong wrong = parser.parse(rule);
    where = parser.where();
    return wrong;
  };
  const auto parse_mapping = [](const HbaLine& line, IdentMapping& mapping, Place& where) {
    return parseMapping(line.fields, mapping, where);
  };
  parseLines(hba_text, hba_file, parse_rule, hba.rules, errors);
  parseLines(ident_text, ident_file, parse_mapping, hba.mappings, errors);
  if (!errors.none()) return errors.error();
  return hba;
}

}  // namespace forebay::conf
