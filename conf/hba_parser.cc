#include <arpa/inet.h>

#include <array>
#include <bit>
#include <charconv>
#include <optional>

#include "conf/hba.h"
#include "conf/pattern.h"
#include "conf/problems.h"
#include "conf/values.h"

namespace forebay::conf {

namespace {

struct Token {
  std::string text;
  bool quoted = false;  // in quotes a word such as all is only a name
  bool is(std::string_view word) const { return !quoted && text == word; }
};
using Field = std::vector<Token>;  // what stands between blanks, divided at its commas

struct Line {
  int number = 0;
  std::vector<Field> fields;
};

// Divides one logical line. Nothing when a quote does not end.
std::optional<std::vector<Field>> divide(std::string_view text) {
  std::vector<Field> fields;
  bool after_comma = false;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '#') break;
    if (c == ' ' || c == '\t' || c == '\r') {
      ++i;
      continue;
    }
    if (c == ',') {
      after_comma = true;
      ++i;
      continue;
    }
    Token token;
    for (bool open = false; i < text.size() || open; ++i) {
      if (i == text.size()) return std::nullopt;
      const char d = text[i];
      if (d == '"') {
        open = !open;
        token.quoted = true;
      } else if (!open && (d == ' ' || d == '\t' || d == '\r' || d == ',' || d == '#')) {
        break;
      } else {
        token.text += d;
      }
    }
    if (after_comma && !fields.empty())
      fields.back().push_back(std::move(token));
    else
      fields.push_back({std::move(token)});
    after_comma = false;
  }
  return fields;
}

class FileParser {
 public:
  explicit FileParser(std::string_view file) : file_(file) {}

  // Calls `each(Line)` per line that is not empty; a backslash at its end joins a line with the next.
  template <typename Each>
  void lines(std::string_view text, Each each) {
    for (int number = 1; !text.empty(); ++number) {
      const int first = number;
      std::string logical(takeLine(text));
      while (!logical.empty() && logical.back() == '\\' && !text.empty()) {
        logical.pop_back();
        logical += takeLine(text);
        ++number;
      }
      std::optional<std::vector<Field>> fields = divide(logical);
      if (!fields)
        tell(first, "a double quote is not closed");
      else if (!fields->empty())
        each(Line{first, std::move(*fields)});
    }
  }

  void tell(int line, std::string message) {
    problems_.addLine(file_ + ":" + std::to_string(line) + ": " + std::move(message));
  }
  const Problems& problems() const { return problems_; }

 private:
  static std::string_view takeLine(std::string_view& text) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  std::string file_;
  Problems problems_{""};
};

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

// Reads one rule; each step returns why it cannot, or nothing.
class RuleParser {
 public:
  using Wrong = std::optional<std::string>;

  Wrong parse(const Line& line, HbaRule& rule) {
    fields_ = &line.fields;
    rule.line = line.number;
    const Token& type = first();
    const std::optional<HbaConnection> connection = find(kConnections, type.text);
    if (!connection)
      return "a rule must begin with local, host, hostssl or hostnossl, not '" + type.text + "'";
    rule.connection = *connection;
    if (Wrong wrong = readNames("database", rule.databases, true)) return wrong;
    if (Wrong wrong = readNames("user", rule.users, false)) return wrong;
    if (rule.connection != HbaConnection::kLocal)
      if (Wrong wrong = readNetwork(rule)) return wrong;
    if (Wrong wrong = readMethod(rule)) return wrong;
    return readOptions(rule);
  }

 private:
  bool more() const { return at_ < fields_->size(); }
  const Field& next() { return (*fields_)[at_++]; }
  const Token& first() { return next().front(); }

  Wrong readNames(const std::string& what, std::vector<HbaName>& out, bool databases) {
    if (!more()) return "the rule ends before its " + what;
    for (const Token& token : next()) {
      HbaName name{HbaName::Kind::kLiteral, token.text};
      if (Wrong wrong = readName(token, databases, name)) return wrong;
      out.push_back(std::move(name));
    }
    return std::nullopt;
  }

  static Wrong readName(const Token& token, bool database, HbaName& name) {
    if (token.quoted) return std::nullopt;
    if (token.is("all")) name.kind = HbaName::Kind::kAll;
    if (database && token.is("sameuser")) name.kind = HbaName::Kind::kSameUser;
    if (database && token.is("replication")) name.kind = HbaName::Kind::kReplication;
    if (database && (token.is("samerole") || token.is("samegroup")))
      return "'" + token.text + "' is not supported: role membership is not known here";
    if (token.text.starts_with('+'))
      return "'" + token.text + "' is not supported: role membership is not known here";
    if (token.text.starts_with('@'))
      return "'" + token.text + "' is not supported: write the names into the rule";
    if (!token.text.starts_with('/')) return std::nullopt;
    name = {HbaName::Kind::kRegex, token.text.substr(1)};
    if (!validPattern(name.text)) return "'" + token.text + "' is not a valid regular expression";
    return std::nullopt;
  }

  Wrong readNetwork(HbaRule& rule) {
    if (!more()) return "the rule ends before its address";
    const Token& token = first();
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
    if (!more()) return "the rule ends before its mask";
    const Token& token = first();
    const std::optional<Network> mask = readAddress(token.text);
    if (!mask || mask->ipv6 != rule.ipv6)
      return "a mask or /bits must follow the address, not '" + token.text + "'";
    rule.mask = mask->bytes;
    return std::nullopt;
  }

  Wrong readMethod(HbaRule& rule) {
    if (!more()) return "the rule ends before its method";
    const Token& token = first();
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
      const Token& token = first();
      if (!token.text.starts_with("map=")) return "the option '" + token.text + "' is not supported; map= is";
      if (rule.method != HbaMethod::kPeer && rule.method != HbaMethod::kCert)
        return "map= goes with the methods peer and cert only";
      rule.map = token.text.substr(4);
    }
    return std::nullopt;
  }

  const std::vector<Field>* fields_ = nullptr;
  size_t at_ = 0;
};

RuleParser::Wrong parseMapping(const Line& line, IdentMapping& out) {
  if (line.fields.size() != 3) return "a line must be: map-name system-user database-user";
  const Token& system_user = line.fields[1].front();
  const Token& database_user = line.fields[2].front();
  out = {line.fields[0].front().text, system_user.text, database_user.text};
  if (system_user.text.starts_with('/') && !validPattern(std::string_view(system_user.text).substr(1)))
    return "'" + system_user.text + "' is not a valid regular expression";
  if (!database_user.quoted && (database_user.text.starts_with('+') || database_user.text.starts_with('/')))
    return "'" + database_user.text + "' is not supported: write the user's name, or all";
  return std::nullopt;
}

}  // namespace

Result<Hba> parseHba(std::string_view hba_text, std::string_view hba_file, std::string_view ident_text,
                     std::string_view ident_file) {
  Hba hba;
  FileParser rules(hba_file);
  rules.lines(hba_text, [&](const Line& line) {
    HbaRule rule;
    if (const auto wrong = RuleParser().parse(line, rule))
      rules.tell(line.number, *wrong);
    else
      hba.rules.push_back(std::move(rule));
  });
  FileParser mappings(ident_file);
  mappings.lines(ident_text, [&](const Line& line) {
    IdentMapping mapping;
    if (const auto wrong = parseMapping(line, mapping))
      mappings.tell(line.number, *wrong);
    else
      hba.mappings.push_back(std::move(mapping));
  });
  std::string errors;
  for (const FileParser* each : {&rules, &mappings})
    if (!each->problems().none()) errors += (errors.empty() ? "" : "\n") + each->problems().error().message;
  if (!errors.empty()) return Error{errors};
  return hba;
}

}  // namespace forebay::conf
