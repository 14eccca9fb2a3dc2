#include "gateway/postgres/read_ahead.h"

#include <algorithm>

#include "pgproto/frame.h"
#include "pgproto/messages.h"

namespace forebay::postgres {
namespace {

using pgproto::Classification;

constexpr uint32_t kMaxMessage = 0x7fffffff;
// What is kept to be sent again is short.
constexpr size_t kMaxRepeated = 16 * 1024;
constexpr Bytes kHintName = "forebay.role";

Bytes trimmed(Bytes text) {
  constexpr Bytes kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == Bytes::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// What stands in a comment at the front or at the end.
Bytes outerComment(Bytes sql) {
  sql = trimmed(sql);
  if (sql.starts_with("/*")) {
    const size_t end = sql.find("*/", 2);
    return end == Bytes::npos ? Bytes() : sql.substr(2, end - 2);
  }
  if (!sql.ends_with("*/")) return {};
  const size_t begin = sql.rfind("/*");
  return begin == Bytes::npos ? Bytes() : sql.substr(begin + 2, sql.size() - begin - 4);
}

// One message at a time, for as long as they are there as a whole.
class Messages {
 public:
  explicit Messages(Bytes in) : in_(in) {}

  bool next() {
    at_ += header_.size;
    return pgproto::scanHeader(in_.substr(at_), kMaxMessage, header_) == pgproto::Scan::kFrame &&
           header_.size <= in_.size() - at_;
  }
  char type() const { return header_.type; }
  Bytes body() const { return in_.substr(at_ + pgproto::kHeaderSize, header_.size - pgproto::kHeaderSize); }
  size_t end() const { return at_ + header_.size; }

 private:
  const Bytes in_;
  size_t at_ = 0;
  pgproto::Header header_{};
};

}  // namespace

ReadRole readRole(Bytes name) {
  if (name == "primary") return ReadRole::kPrimary;
  return name == "replica" ? ReadRole::kReplica : ReadRole::kAuto;
}

ReadRole roleHint(Bytes sql) {
  Bytes text = trimmed(outerComment(sql));
  if (!text.starts_with(kHintName)) return ReadRole::kAuto;
  text = trimmed(text.substr(kHintName.size()));
  if (!text.starts_with("=")) return ReadRole::kAuto;
  return readRole(trimmed(text.substr(1)));
}

Unit ReadAhead::operator()(Bytes ahead) const {
  Messages messages(ahead);
  if (!messages.next()) return {};
  if (messages.type() != 'Q') return batch(ahead);
  const Bytes body = messages.body();
  return query(body.substr(0, body.size() - std::min<size_t>(body.size(), 1)), messages.end());
}

Unit ReadAhead::query(Bytes sql, size_t size) const {
  bool asserted = false;
  const Unit::Kind kind = kindOf(sql, asserted);
  return {kind, size, kind == Unit::Kind::kRead && !asserted && size <= kMaxRepeated, asserted};
}

Unit::Kind ReadAhead::kindOf(Bytes sql, bool& asserted) const {
  const bool commented = sql.starts_with("/*") || sql.ends_with("*/");
  const ReadRole asked = commented ? roleHint(sql) : ReadRole::kAuto;
  const ReadRole wanted = asked == ReadRole::kAuto ? role : asked;
  if (wanted == ReadRole::kPrimary) return Unit::Kind::kWrite;
  const Classification found = classifier.classify(sql);
  switch (found.kind) {
    case Classification::Kind::kRead: return Unit::Kind::kRead;
    case Classification::Kind::kBegin: {
      using Access = Classification::Access;
      const bool reads =
          found.access == Access::kReadOnly ||
          (found.access == Access::kDefault && (read_only_by_default || wanted == ReadRole::kReplica));
      const bool serializable = found.isolation == Classification::Isolation::kSerializable;
      return reads && !serializable && found.statements <= 1 ? Unit::Kind::kReadOnlyTransaction
                                                             : Unit::Kind::kWrite;
    }
    case Classification::Kind::kSet: return Unit::Kind::kWrite;
    case Classification::Kind::kCommit:
    case Classification::Kind::kRollback:
    case Classification::Kind::kSetTransaction:
    case Classification::Kind::kOther: break;
  }
  if (wanted != ReadRole::kReplica) return Unit::Kind::kWrite;
  asserted = true;
  return Unit::Kind::kRead;
}

Unit ReadAhead::batch(Bytes ahead) const {
  Messages messages(ahead);
  Unit unit{Unit::Kind::kRead, 0, true};
  Bytes parsed_name;
  bool parsed = false, executes = false, anything = false;
  while (messages.next()) {
    switch (messages.type()) {
      case 'P': {
        pgproto::Parse parse;
        if (!pgproto::parseParse(messages.body(), parse)) return {};
        if (!parse.statement.empty() && !follows_names) return {};
        const Unit::Kind kind = kindOf(parse.sql, unit.asserted);
        if (kind == Unit::Kind::kWrite) return {};
        if (kind == Unit::Kind::kReadOnlyTransaction) return {kind, messages.end(), false};
        parsed = anything = true;
        parsed_name = parse.statement;
        break;
      }
      case 'B': {
        const Bytes body = messages.body();
        const size_t portal_end = body.find('\0');
        const size_t name_end = portal_end == Bytes::npos ? portal_end : body.find('\0', portal_end + 1);
        if (name_end == Bytes::npos) return {};
        const Bytes name = body.substr(portal_end + 1, name_end - portal_end - 1);
        anything = executes = true;
        if (parsed && name == parsed_name) break;
        if (statements == nullptr) return {};
        const pools::StatementRef* known = name.empty() ? &statements->unnamed : statements->find(name);
        if (known == nullptr || !*known) return {};
        const Unit::Kind kind = kindOf((*known)->sql, unit.asserted);
        if (kind == Unit::Kind::kWrite) return {};
        if (kind == Unit::Kind::kReadOnlyTransaction) return {kind, messages.end(), false};
        break;
      }
      case 'D': break;
      case 'C': unit.repeatable = false; break;
      case 'E': executes = true; break;
      case 'H':
        if (executes) return {};
        unit.size = messages.end();
        unit.repeatable = false;
        return anything ? unit : Unit{};
      case 'S':
        unit.size = messages.end();
        unit.repeatable = unit.repeatable && !unit.asserted && unit.size <= kMaxRepeated;
        return anything ? unit : Unit{};
      default: return {};
    }
  }
  return {};
}

}  // namespace forebay::postgres
