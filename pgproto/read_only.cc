#include "pgproto/read_only.h"

#include <pg_query.h>

#include <memory>
#include <string>

#include "pgproto/parse_tree.h"
#include "pgproto/sql_lexer.h"

namespace forebay::pgproto {
namespace {

class ParsedSql {
 public:
  explicit ParsedSql(const std::string& sql) : result_(pg_query_parse(sql.c_str())) {}
  ~ParsedSql() { pg_query_free_parse_result(result_); }
  ParsedSql(const ParsedSql&) = delete;
  ParsedSql& operator=(const ParsedSql&) = delete;

  bool ok() const { return result_.error == nullptr && result_.parse_tree != nullptr; }
  Bytes tree() const { return result_.parse_tree; }

 private:
  const PgQueryParseResult result_;
};

}  // namespace

Classification classify(Bytes sql, const VolatilityCatalog* catalog) {
  using Kind = Classification::Kind;
  using Reason = Classification::Reason;
  if (sql.size() > kMaxClassifiedSql) return {.kind = Kind::kOther, .reason = Reason::kTooLong};
  // The parser stops at a zero byte, and would not see what follows.
  if (sql.find('\0') != Bytes::npos) return {.kind = Kind::kOther, .reason = Reason::kUnreadable};
  const ParsedSql parsed{std::string(sql)};
  if (!parsed.ok()) return {.kind = Kind::kOther, .reason = Reason::kUnreadable};
  return ParseTree(catalog).read(parsed.tree());
}

bool beginsAsWrite(Bytes sql) {
  const SqlToken first = SqlLexer(sql).next();
  if (first.kind != SqlTokenKind::kWord) return false;
  switch (foldAscii(first.text[0])) {
    case 'c': return first.isWord("copy");
    case 'd': return first.isWord("delete");
    case 'i': return first.isWord("insert");
    case 'm': return first.isWord("merge");
    case 'u': return first.isWord("update");
    default: return false;
  }
}

Bytes describe(Classification::Reason reason) {
  using Reason = Classification::Reason;
  switch (reason) {
    case Reason::kNone: return "";
    case Reason::kUnreadable: return "is not understood";
    case Reason::kTooLong: return "is too long";
    case Reason::kStatement: return "is, or contains, a statement that does not only read";
    case Reason::kSeveral: return "holds several statements that are not all reads";
    case Reason::kInto: return "makes a table by SELECT INTO";
    case Reason::kRowLock: return "locks rows";
    case Reason::kNoCatalog: return "names what is not known yet";
    case Reason::kFunction: return "calls a function that is volatile or unknown";
    case Reason::kOperator: return "uses an operator that is volatile or unknown";
    case Reason::kType: return "casts to a type whose casts are volatile or unknown";
    case Reason::kRelation: return "reads what is not a plain table";
    case Reason::kSyntax: return "uses syntax that is not known to be safe";
    case Reason::kServerState: return "asks which server it is on";
  }
  return "";
}

}  // namespace forebay::pgproto
