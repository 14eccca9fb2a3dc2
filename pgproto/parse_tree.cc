#include "pgproto/parse_tree.h"

#include <algorithm>
#include <cassert>
#include <string>

#include "pgproto/sql_lexer.h"
#include "pgproto/tree_tokens.h"

namespace forebay::pgproto {
namespace {

using Kind = Classification::Kind;
using Reason = Classification::Reason;
using Access = Classification::Access;
using Isolation = Classification::Isolation;
using Verdict = VolatilityCatalog::Verdict;

// What may stand in a statement that reads. Sorted.
constexpr Bytes kReadingNodes[] = {
    "A_ArrayExpr",     "A_Const",
    "A_Expr",          "A_Indices",
    "A_Indirection",   "A_Star",
    "Alias",           "BitString",
    "BoolExpr",        "Boolean",
    "BooleanTest",     "CTECycleClause",
    "CTESearchClause", "CaseExpr",
    "CaseWhen",        "CoalesceExpr",
    "CollateClause",   "ColumnDef",
    "ColumnRef",       "CommonTableExpr",
    "DefElem",         "Float",
    "FuncCall",        "GroupingFunc",
    "GroupingSet",     "Integer",
    "JoinExpr",        "List",
    "MinMaxExpr",      "NamedArgExpr",
    "NullTest",        "ParamRef",
    "RangeFunction",   "RangeSubselect",
    "RangeVar",        "ResTarget",
    "RowExpr",         "SQLValueFunction",
    "SelectStmt",      "SortBy",
    "String",          "SubLink",
    "TypeCast",        "TypeName",
    "WindowDef",       "WithClause",
};

// SHOW of these tells a client which server it is on.
constexpr Bytes kServerStates[] = {"all", "default_transaction_read_only", "in_hot_standby",
                                   "transaction_read_only"};

template <size_t kSize>
constexpr bool contains(const Bytes (&sorted)[kSize], Bytes wanted) {
  return std::binary_search(std::begin(sorted), std::end(sorted), wanted);
}
static_assert(std::is_sorted(std::begin(kReadingNodes), std::end(kReadingNodes)));
static_assert(std::is_sorted(std::begin(kServerStates), std::end(kServerStates)));

bool isNode(Bytes key) { return !key.empty() && key[0] >= 'A' && key[0] <= 'Z'; }

// A member that is a list of strings which together are a name. `name` is one only where it is a list.
bool isNameList(Bytes member) {
  return member == "funcname" || member == "name" || member == "operName" || member == "useOp" ||
         member == "names" || member == "fields" || member == "indirection";
}

// "{stmts: [{stmt: {Node: ..." is as deep as a statement begins.
constexpr size_t kStatementDepth = 4;

char unescapedControl(char letter) {
  switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return letter;  // a quote, a backslash
  }
}

// "<" is written as "\u003c" in the tree, for one.
std::string unescaped(Bytes text) {
  const auto hex = [](char c) { return Bytes("0123456789abcdef").find(foldAscii(c)) & 15; };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
    } else if (text[++i] != 'u' || text.size() - i < 5) {
      out += unescapedControl(text[i]);
    } else {
      out += static_cast<char>(hex(text[i + 3]) << 4 | hex(text[i + 4]));  // it writes no others so
      i += 4;
    }
  }
  return out;
}

Kind kindOfTransaction(Bytes kind) {
  if (kind == "TRANS_STMT_BEGIN" || kind == "TRANS_STMT_START") return Kind::kBegin;
  if (kind == "TRANS_STMT_COMMIT") return Kind::kCommit;
  return kind == "TRANS_STMT_ROLLBACK" ? Kind::kRollback : Kind::kOther;
}

}  // namespace

Classification ParseTree::read(Bytes json) {
  all_ = {.kind = Kind::kRead};  // as long as there is nothing
  TreeTokens tokens(json);
  for (TreeToken token = tokens.next(); token.kind != TreeToken::Kind::kEnd; token = tokens.next()) {
    switch (token.kind) {
      case TreeToken::Kind::kObject: open(false); break;
      case TreeToken::Kind::kArray: open(true); break;
      case TreeToken::Kind::kObjectEnd: closeObject(); break;
      case TreeToken::Kind::kArrayEnd: closeArray(); break;
      case TreeToken::Kind::kKey: key(token.text); break;
      case TreeToken::Kind::kString: string(token.text); break;
      case TreeToken::Kind::kWord: word(token.text); break;
      case TreeToken::Kind::kEnd: break;
    }
  }
  assert(frames_.empty());
  return all_;
}

void ParseTree::open(bool is_array) {
  const Bytes under = frames_.empty() || frames_.back().is_array ? Bytes() : frames_.back().member;
  frames_.push_back({is_array, under, {}, names_.size()});
}

void ParseTree::closeObject() {
  const Bytes under = frames_.back().under;
  if (under == "DefElem") endMode();
  if (frames_.size() == kStatementDepth) endStatement();
  frames_.pop_back();
}

void ParseTree::closeArray() {
  const Frame array = frames_.back();
  frames_.pop_back();
  if (names_.size() > array.first_name) lookUpList(array.under, array.first_name);
  names_.resize(array.first_name);
}

void ParseTree::key(Bytes name) {
  frames_.back().member = name;
  if (isNode(name)) {
    if (frames_.size() == kStatementDepth)
      beginStatement(name);
    else
      enterNode(name);
  } else if (name == "intoClause") {
    refuse(Reason::kInto);
  }
}

void ParseTree::string(Bytes value) {
  if (frames_.empty() || frames_.back().is_array) return;
  const auto [is_array, under, member, first_name] = frames_.back();
  if (member == "relname") {
    lookUp(CatalogKind::kRelation, schema_, value);
    schema_ = {};
  } else if (member == "schemaname") {
    schema_ = value;
  } else if (member == "sval" && under == "String") {
    const Frame& list = frames_[frames_.size() - 3];  // [{"String": {"sval": value}}]
    if (list.is_array && isNameList(list.under)) names_.push_back(value);
  } else if (member == "sval") {
    mode_value_ = value;
  } else if (member == "defname") {
    mode_ = value;
  } else if (under == "TransactionStmt" && member == "kind") {
    statement_.kind = kindOfTransaction(value);
    if (statement_.kind != Kind::kOther) statement_.reason = Reason::kNone;
  } else if (under == "VariableSetStmt" && member == "kind") {
    set_kind_ = value;
  } else if (under == "VariableSetStmt" && member == "name") {
    set_name_ = value;
  } else if (under == "VariableShowStmt" && member == "name" && contains(kServerStates, value)) {
    refuse(Reason::kServerState);
  }
}

void ParseTree::word(Bytes value) {
  if (frames_.empty() || frames_.back().is_array) return;
  const Bytes member = frames_.back().member;
  if (member == "ival") mode_on_ = value != "0";
  if (member == "chain" && frames_.back().under == "TransactionStmt") statement_.chain = value == "true";
}

void ParseTree::beginStatement(Bytes node) {
  statement_ = {.kind = Kind::kOther, .reason = Reason::kStatement};
  if (node == "SelectStmt" || node == "ExplainStmt" || node == "VariableShowStmt")
    statement_ = {.kind = Kind::kRead};
  set_kind_ = set_name_ = {};
}

void ParseTree::endStatement() {
  if (set_kind_ == "VAR_SET_MULTI" && set_name_ == "TRANSACTION")
    statement_ = {
        .kind = Kind::kSetTransaction, .access = statement_.access, .isolation = statement_.isolation};
  else if (!set_kind_.empty())
    statement_ = {.kind = Kind::kSet};
  const uint8_t count = all_.statements;
  if (count == 0)
    all_ = statement_;
  else if (all_.kind != Kind::kRead || statement_.kind != Kind::kRead)
    all_ = {.kind = Kind::kOther, .reason = Reason::kSeveral};
  all_.statements = count == UINT8_MAX ? count : static_cast<uint8_t>(count + 1);
}

void ParseTree::enterNode(Bytes node) {
  if (node == "DefElem") {
    mode_ = mode_value_ = {};
    mode_on_ = false;  // zero is left out
  }
  if (statement_.kind != Kind::kRead || contains(kReadingNodes, node)) return;
  if (node == "LockingClause") return refuse(Reason::kRowLock);
  refuse(node.ends_with("Stmt") ? Reason::kStatement : Reason::kSyntax);
}

// One of BEGIN's or SET TRANSACTION's. Given twice, what keeps the transaction from a standby counts.
void ParseTree::endMode() {
  if (mode_ == "transaction_read_only" && statement_.access != Access::kReadWrite)
    statement_.access = mode_on_ ? Access::kReadOnly : Access::kReadWrite;
  if (mode_ == "transaction_isolation" && statement_.isolation != Isolation::kSerializable)
    statement_.isolation = mode_value_ == "serializable" ? Isolation::kSerializable : Isolation::kOther;
}

void ParseTree::lookUpList(Bytes list, size_t first) {
  if (list == "funcname") return lookUpFunction(first);
  if (list == "names") return lookUpName(CatalogKind::kType, first);
  if (list == "fields") {  // a.b may mean b(a)
    if (names_.size() - first > 1) lookUp(CatalogKind::kAttribute, {}, names_.back());
    return;
  }
  if (list == "indirection") {
    for (size_t i = first; i < names_.size(); ++i) lookUp(CatalogKind::kAttribute, {}, names_[i]);
    return;
  }
  // BETWEEN stands here in words, and for comparisons that are looked after by CatalogKind::kImplicit.
  const char start = names_.back().empty() ? '\0' : names_.back()[0];
  if (start < 'A' || start > 'Z') lookUpName(CatalogKind::kOperator, first);
}

// A function of one argument may be a cast in disguise: where no function fits, its name is taken for a
// type's.
void ParseTree::lookUpFunction(size_t first) {
  lookUpName(CatalogKind::kFunction, first);
  if (catalog_ != nullptr &&
      catalog_->find(CatalogKind::kType, {}, unescaped(names_.back())) == Verdict::kUnsafe)
    refuse(Reason::kType);
}

// Of a name with three parts the first is the database.
void ParseTree::lookUpName(CatalogKind kind, size_t first) {
  const size_t parts = names_.size() - first;
  lookUp(kind, parts > 1 ? names_[names_.size() - 2] : Bytes(), names_.back());
}

void ParseTree::lookUp(CatalogKind kind, Bytes schema, Bytes name) {
  if (statement_.kind != Kind::kRead) return;
  if (catalog_ == nullptr) return refuse(Reason::kNoCatalog);
  if (catalog_->find(kind, unescaped(schema), unescaped(name)) == Verdict::kSafe) return;
  switch (kind) {
    case CatalogKind::kOperator: return refuse(Reason::kOperator);
    case CatalogKind::kType: return refuse(Reason::kType);
    case CatalogKind::kRelation: return refuse(Reason::kRelation);
    case CatalogKind::kFunction:
    case CatalogKind::kAttribute:
    case CatalogKind::kImplicit: return refuse(Reason::kFunction);
  }
}

void ParseTree::refuse(Reason reason) {
  if (statement_.kind != Kind::kRead) return;
  statement_ = {.kind = Kind::kOther, .reason = reason};
}

}  // namespace forebay::pgproto
