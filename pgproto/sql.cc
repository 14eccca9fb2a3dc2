#include "pgproto/sql.h"

#include "pgproto/sql_body.h"
#include "pgproto/sql_command.h"
#include "pgproto/sql_lexer.h"
#include "pgproto/sql_prefilter.h"

namespace forebay::pgproto {
namespace {

bool isTempSchema(Bytes name) { return equalsFolded(name.substr(0, 7), "pg_temp"); }

// Reads the tokens of a text once, with one token in hand. A statement's first words are read by a function
// of their own; statement() then looks through the rest of it, where only few words matter.
class Scanner {
 public:
  explicit Scanner(Bytes sql) : lexer_(sql), token_(lexer_.next()) {}

  SqlScan run() {
    SqlScan scan;
    for (bool first = true; token_.kind != SqlTokenKind::kEnd;) {
      if (token_.isSymbol(';')) {
        advance();
        continue;
      }
      if (!first) scan.single_statement = false;
      first = false;
      statement();
    }
    scan.effects = effects_;
    return scan;
  }

 private:
  void advance() { token_ = lexer_.next(); }
  bool accept(Bytes word) {
    if (!token_.isWord(word)) return false;
    advance();
    return true;
  }
  bool acceptTemporary() { return accept("temp") || accept("temporary"); }
  bool atStatementEnd() const { return token_.kind == SqlTokenKind::kEnd || token_.isSymbol(';'); }
  bool atName() const {
    return token_.kind == SqlTokenKind::kWord || token_.kind == SqlTokenKind::kQuotedName ||
           token_.kind == SqlTokenKind::kUnicodeName;
  }

  // U&'...', which comes as three tokens. Some word stands before every string, so there is a byte to look
  // at.
  bool isUnicodeString() const { return token_.text.data()[-2] == '&'; }

  void statement();
  void command(Command command);
  void rest();
  void word();
  void name();
  void discard();
  void deallocate();
  void end();
  void prepare();
  void select();
  void set();
  void create();
  void into();
  void setConfig();

  SqlLexer lexer_;
  SqlToken token_;
  uint32_t effects_ = kNoEffect;

  // Of the statement at hand:
  bool creates_ = false;          // CREATE was seen
  bool creates_temp_ = false;     // and makes something temporary
  bool drops_on_commit_ = false;  // which goes with the transaction
  bool declares_ = false;
  bool is_do_ = false;
};

void Scanner::statement() {
  creates_ = creates_temp_ = drops_on_commit_ = declares_ = is_do_ = false;
  if (token_.kind == SqlTokenKind::kWord) {
    const Command first = commandOf(token_.text);
    if (first != Command::kOther) {
      advance();
      command(first);
    }
  }
  rest();
  if (creates_temp_ && !drops_on_commit_) effects_ |= kCreatesTemp;
}

void Scanner::command(Command command) {
  switch (command) {
    case Command::kOther: return;
    case Command::kAbort:
    case Command::kCommit:
    case Command::kEnd:
    case Command::kRollback: return end();
    case Command::kBegin:
    case Command::kStart: effects_ |= kBegins; return;
    case Command::kDeallocate: return deallocate();
    case Command::kDeclare: declares_ = true; return;
    case Command::kDiscard: return discard();
    case Command::kDo: is_do_ = true; return;
    case Command::kInsert: accept("into"); return;
    case Command::kListen: effects_ |= kListens; return;
    case Command::kLoad: effects_ |= kLoads; return;
    case Command::kPrepare: return prepare();
    case Command::kReset: effects_ |= kResets; return;
    case Command::kSelect: return select();
    case Command::kSet: return set();
    case Command::kUnlisten:
      if (token_.isSymbol('*')) effects_ |= kUnlistensAll;
      return;
  }
}

void Scanner::rest() {
  for (;;) {
    switch (token_.kind) {
      case SqlTokenKind::kEnd: return;
      case SqlTokenKind::kWord: word(); continue;
      case SqlTokenKind::kQuotedName: name(); continue;
      case SqlTokenKind::kUnicodeName:  // may spell any name
        effects_ |= kCreatesTemp | kTakesAdvisoryLock | kSets;
        break;
      case SqlTokenKind::kString:
        if (is_do_) effects_ |= isUnicodeString() ? effectsOfUnreadableBody() : effectsOfBody(token_.text);
        break;
      case SqlTokenKind::kEscapeString:
        if (is_do_) effects_ |= effectsOfUnreadableBody();
        break;
      case SqlTokenKind::kSymbol:
        if (token_.text[0] == ';') return;
        break;
      case SqlTokenKind::kNumber:
      case SqlTokenKind::kParameter: break;
    }
    token_ = is_do_ ? lexer_.next() : lexer_.nextNotable();
  }
}

// Handles a word in the middle of a statement and goes to the next token. Lengths first: few words pass.
void Scanner::word() {
  const Bytes text = token_.text;
  switch (foldAscii(text[0])) {
    case 'c':
      if (text.size() != 6) break;
      if (equalsFolded(text, "create")) return create();
      if (declares_ && accept("cursor")) {
        if (accept("with") && accept("hold")) effects_ |= kDeclaresHold;
        return;
      }
      break;
    case 'i':
      if (text.size() == 4 && equalsFolded(text, "into")) return into();
      break;
    case 'o':
      if (creates_temp_ && accept("on")) {
        if (accept("commit") && accept("drop")) drops_on_commit_ = true;
        return;
      }
      break;
    case 'p':
      if (text.size() >= 7 && text[2] == '_') return name();
      break;
    case 's':
      if (text.size() == 10) return name();
      break;
    default: break;
  }
  token_ = is_do_ ? lexer_.next() : lexer_.nextNotable();
}

// Handles a name that may be a function's or a schema's, plain or quoted.
void Scanner::name() {
  const SqlToken name = token_;
  advance();
  if (token_.isSymbol('.')) {
    if (creates_ && isTempSchema(name.text)) creates_temp_ = true;
  } else if (token_.isSymbol('(')) {
    if (name.isName("set_config")) return setConfig();
    if (name.isName("pg_advisory_lock") || name.isName("pg_try_advisory_lock") ||
        name.isName("pg_advisory_lock_shared") || name.isName("pg_try_advisory_lock_shared"))
      effects_ |= kTakesAdvisoryLock;
  }
}

void Scanner::discard() {
  if (accept("all")) effects_ |= kDiscardsAll;
  if (accept("plans") || accept("sequences")) effects_ |= kDiscardsPlans;
  if (acceptTemporary()) effects_ |= kDiscardsTemp;
}

void Scanner::deallocate() {
  accept("prepare");  // of DEALLOCATE PREPARE, or the statement's own name
  effects_ |= accept("all") ? kDeallocatesAll : kDeallocates;
}

void Scanner::end() {
  if (token_.isWord("prepared")) return;  // COMMIT PREPARED ends another session's transaction
  if (!accept("work")) accept("transaction");
  if (token_.isWord("to")) return;  // ROLLBACK TO a savepoint
  effects_ |= kEnds;
  if (accept("and") && accept("chain")) effects_ |= kBegins;
}

void Scanner::prepare() {
  const bool maybe_transaction = accept("transaction");  // it may also be a statement's name
  const bool has_literal = token_.kind == SqlTokenKind::kString || token_.kind == SqlTokenKind::kEscapeString;
  effects_ |= maybe_transaction && has_literal ? kEnds : kPrepares;
}

// `SELECT pg_advisory_unlock_all()` and nothing else surely runs, so surely frees.
void Scanner::select() {
  if (accept("pg_catalog") && token_.isSymbol('.')) advance();
  if (!token_.isName("pg_advisory_unlock_all")) return;
  advance();
  if (!token_.isSymbol('(')) return;
  advance();
  if (!token_.isSymbol(')')) return;
  advance();
  if (atStatementEnd()) effects_ |= kFreesAdvisoryLocks;
}

void Scanner::set() {
  SqlToken setting = token_;
  advance();
  // LOCAL and the like are no reserved words: `SET local.x = 1` sets a parameter of that name.
  const auto is_name = [this] { return token_.isSymbol('.') || token_.isSymbol('=') || token_.isWord("to"); };
  bool local = false;
  if (!is_name()) {
    if (setting.isWord("transaction") || setting.isWord("constraints")) return;
    local = setting.isWord("local");
    if (local || setting.isWord("session")) {
      setting = token_;
      advance();
    }
  }
  if (!local) effects_ |= kSets;
  // With pg_temp in front of the search path, whatever is created next is temporary.
  const bool is_search_path = setting.isName("search_path");
  if (is_search_path && is_name()) advance();
  if ((is_search_path || setting.isWord("schema")) && isTempSchema(token_.text)) creates_temp_ = true;
}

void Scanner::create() {
  advance();
  creates_ = true;
  if (accept("or")) accept("replace");
  if (!accept("local")) accept("global");
  if (acceptTemporary()) creates_temp_ = true;
}

// SELECT ... INTO [LOCAL|GLOBAL] TEMP [TABLE] name; without a name behind it, temp is itself the name of a
// table.
void Scanner::into() {
  advance();
  if (!accept("local")) accept("global");
  if (acceptTemporary()) {
    if (atName()) creates_temp_ = true;
  } else if (atName() && isTempSchema(token_.text)) {
    creates_temp_ = true;
  }
}

// set_config(name, value, true) ends with the transaction. Any argument but literals, parameters and casts:
// unsure.
void Scanner::setConfig() {
  advance();
  for (int commas = 0; commas < 2; advance()) {
    bool behind_cast = false;
    while (token_.isSymbol(':')) {
      behind_cast = true;
      advance();
    }
    const bool is_plain = token_.kind == SqlTokenKind::kString ||
                          token_.kind == SqlTokenKind::kEscapeString ||
                          token_.kind == SqlTokenKind::kNumber || token_.kind == SqlTokenKind::kParameter ||
                          (behind_cast && atName());
    if (token_.kind == SqlTokenKind::kString && isTempSchema(token_.text)) creates_temp_ = true;
    if (token_.isSymbol(',')) {
      ++commas;
    } else if (!is_plain) {
      effects_ |= kSets;
      return;
    }
  }
  if (accept("true") && token_.isSymbol(')')) return;
  effects_ |= kSets;
}

// Does the text start with a command that has no effect unless a word further on says so? Comments in front:
// unsure.
bool startsDull(Bytes text) {
  size_t size = 0;
  while (size < text.size() && ((text[size] | 0x20) >= 'a' && (text[size] | 0x20) <= 'z')) ++size;
  if (size < 4)
    return false;  // also for mayHaveEffect(), which does not see a semicolon in the first three bytes
  const Command first = commandOf(text.substr(0, size));
  return first == Command::kOther || first == Command::kSelect || first == Command::kInsert;
}

constexpr bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

Bytes trim(Bytes sql) {
  while (!sql.empty() && isBlank(sql.front())) sql.remove_prefix(1);
  // A semicolon with nothing behind it parts nothing.
  while (!sql.empty() && (isBlank(sql.back()) || sql.back() == ';')) sql.remove_suffix(1);
  return sql;
}

}  // namespace

SqlScan scanSql(Bytes sql) {
  const Bytes text = trim(sql);
  if (startsDull(text) && !mayHaveEffect(text)) return {};
  return Scanner(text).run();
}

}  // namespace forebay::pgproto
