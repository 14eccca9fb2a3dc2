#include "pgproto/sql_command.h"

#include "pgproto/sql_lexer.h"

namespace forebay::pgproto {

Command commandOf(Bytes word) {
  const auto is = [word](Bytes lower) { return equalsFolded(word, lower); };
  switch (foldAscii(word[0])) {
    case 'a': return is("abort") ? Command::kAbort : Command::kOther;
    case 'b': return is("begin") ? Command::kBegin : Command::kOther;
    case 'c': return is("commit") ? Command::kCommit : Command::kOther;
    case 'd':
      if (is("do")) return Command::kDo;
      if (is("discard")) return Command::kDiscard;
      if (is("declare")) return Command::kDeclare;
      return is("deallocate") ? Command::kDeallocate : Command::kOther;
    case 'e': return is("end") ? Command::kEnd : Command::kOther;
    case 'i': return is("insert") ? Command::kInsert : Command::kOther;
    case 'l':
      if (is("load")) return Command::kLoad;
      return is("listen") ? Command::kListen : Command::kOther;
    case 'm': return is("merge") ? Command::kInsert : Command::kOther;
    case 'p': return is("prepare") ? Command::kPrepare : Command::kOther;
    case 'r':
      if (is("reset")) return Command::kReset;
      return is("rollback") ? Command::kRollback : Command::kOther;
    case 's':
      if (is("select")) return Command::kSelect;
      if (is("set")) return Command::kSet;
      return is("start") ? Command::kStart : Command::kOther;
    case 'u': return is("unlisten") ? Command::kUnlisten : Command::kOther;
    default: return Command::kOther;
  }
}

}  // namespace forebay::pgproto
