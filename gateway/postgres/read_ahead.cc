#include "gateway/postgres/read_ahead.h"

#include <algorithm>
#include <optional>

#include "pgproto/frame.h"
#include "pgproto/messages.h"

namespace forebay::postgres {
namespace {

using pgproto::Classification;

// What is kept to be sent again is short.
constexpr size_t kMaxRepeated = 16 * 1024;

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

// The next whole message of `in`, from `at` on, which becomes its end.
bool nextMessage(Bytes in, size_t& at, pgproto::Frame& out) {
  if (pgproto::scanFrame(in.substr(at), UINT32_MAX, out) != pgproto::Scan::kFrame) return false;
  at += out.whole.size();
  return true;
}

}  // namespace

ReadRole readRole(Bytes name) {
  if (name == "primary") return ReadRole::kPrimary;
  return name == "replica" ? ReadRole::kReplica : ReadRole::kAuto;
}

ReadRole roleHint(Bytes sql) {
  Bytes text = trimmed(outerComment(sql));
  if (!text.starts_with(kRoleParameter)) return ReadRole::kAuto;
  text = trimmed(text.substr(kRoleParameter.size()));
  if (!text.starts_with("=")) return ReadRole::kAuto;
  return readRole(trimmed(text.substr(1)));
}

Unit ReadAhead::operator()(Bytes ahead) const {
  size_t at = 0;
  pgproto::Frame message;
  if (!nextMessage(ahead, at, message)) return {};
  if (message.type != 'Q') return batch(ahead);
  return query(message.body.substr(0, message.body.size() - std::min<size_t>(message.body.size(), 1)), at);
}

Unit ReadAhead::query(Bytes sql, size_t size) const {
  bool asserted = false;
  const Unit::Kind kind = kindOf(sql, nullptr, asserted);
  return {kind, size, kind == Unit::Kind::kRead && !asserted && size <= kMaxRepeated, asserted};
}

Unit::Kind ReadAhead::kindOf(Bytes sql, const pools::Statement* prepared, bool& asserted) const {
  const bool commented = sql.starts_with("/*") || sql.ends_with("*/");
  const ReadRole asked = commented ? roleHint(sql) : ReadRole::kAuto;
  const ReadRole wanted = asked == ReadRole::kAuto ? role : asked;
  if (wanted == ReadRole::kPrimary) return Unit::Kind::kWrite;
  const Classification found =
      prepared != nullptr ? classifier.classifyPrepared(*prepared) : classifier.classify(sql);
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
  Unit unit{Unit::Kind::kRead, 0, true};
  std::optional<Bytes> parsed;  // the name of the statement that was prepared last
  bool executes = false, anything = false;
  pgproto::Frame message;
  while (nextMessage(ahead, unit.size, message)) {
    std::optional<Unit::Kind> kind;
    switch (message.type) {
      case 'P': {
        pgproto::Parse parse;
        if (!pgproto::parseParse(message.body, parse)) return {};
        if (!parse.statement.empty() && !follows_names) return {};
        kind = kindOf(parse.sql, nullptr, unit.asserted);
        parsed = parse.statement;
        break;
      }
      case 'B': {
        pgproto::Bind bind;
        if (!pgproto::parseBind(message.body, bind)) return {};
        anything = executes = true;
        if (parsed == bind.statement) break;
        const pools::Statement* const statement = preparedAs(bind.statement);
        if (statement == nullptr) return {};
        kind = kindOf(statement->sql, statement, unit.asserted);
        break;
      }
      case 'D': break;
      case 'C': unit.repeatable = false; break;
      case 'E': executes = true; break;
      case 'H':
        if (executes) return {};
        unit.repeatable = false;
        return anything ? unit : Unit{};
      case 'S':
        unit.repeatable = unit.repeatable && !unit.asserted && unit.size <= kMaxRepeated;
        return anything ? unit : Unit{};
      default: return {};
    }
    if (!kind) continue;
    anything = true;
    if (*kind == Unit::Kind::kWrite) return {};
    if (*kind == Unit::Kind::kReadOnlyTransaction) return {*kind, unit.size, false};
  }
  return {};
}

// One of the client's statements, the unnamed one too; null: it has none of that name.
const pools::Statement* ReadAhead::preparedAs(Bytes name) const {
  if (statements == nullptr) return nullptr;
  const pools::StatementRef* known = name.empty() ? &statements->unnamed : statements->find(name);
  return known != nullptr ? known->get() : nullptr;
}

}  // namespace forebay::postgres
