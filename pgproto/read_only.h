// Does a SQL text only read, so that a replica may answer it? By PostgreSQL's own parser (libpg_query), and
// only where it is proven: what is not known to read is not a read.
//
// A read is a SELECT, VALUES, TABLE or SHOW, or an EXPLAIN of one of them, in which nothing locks rows,
// writes (SELECT INTO, a WITH that deletes) or is unknown, and in which each function, operator, type and
// relation is safe by the database's VolatilityCatalog. Without a catalog, any name is one too many: `SELECT
// 1` is then about all that is a read. Several statements are a read when each of them is. A text that the
// parser refuses is none, such as one in the syntax of a later PostgreSQL than the parser's.
//
// These are not reads, although they may look so: PREPARE, EXECUTE and the cursors' statements, because they
// make or need what only one server has; COPY TO; TABLESAMPLE; SHOW of what differs between a primary and its
// standbys; EXPLAIN of a statement that is not a read, even if it would not run.
//
// Not seen: what the functions do that are marked stable or immutable, temporary tables that hide others, and
// what SET has done before. It is for who calls to know whether the session may read elsewhere at all.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "pgproto/volatility_catalog.h"

namespace forebay::pgproto {

struct Classification {
  enum class Kind : uint8_t {
    kRead,
    kBegin,           // BEGIN or START TRANSACTION
    kCommit,          // COMMIT or END
    kRollback,        // ROLLBACK or ABORT, but not TO a savepoint
    kSetTransaction,  // SET TRANSACTION: modes, not a snapshot
    kSet,             // SET or RESET of anything else
    kOther,           // everything else; it writes, or may
  };
  // Why it is kOther.
  enum class Reason : uint8_t {
    kNone,
    kUnreadable,  // the parser refuses it
    kTooLong,
    kStatement,  // a statement of another kind, alone, within WITH or behind EXPLAIN
    kSeveral,    // several statements that are not all reads
    kInto,       // SELECT INTO
    kRowLock,    // FOR UPDATE, NO KEY UPDATE, SHARE or KEY SHARE
    kNoCatalog,  // it has names in it, and there is nothing yet to look them up in
    kFunction,   // one that is volatile, or not known
    kOperator,
    kType,
    kRelation,     // no plain table, such as a view that calls what is volatile
    kSyntax,       // a construct that is not known to be safe
    kServerState,  // SHOW of what a standby answers differently
  };
  enum class Access : uint8_t { kDefault, kReadOnly, kReadWrite };
  enum class Isolation : uint8_t { kDefault, kSerializable, kOther };

  Kind kind = Kind::kOther;
  Reason reason = Reason::kNone;
  // Of kBegin and kSetTransaction. A standby takes no serializable transactions: with kDefault it is the
  // session's default that decides.
  Access access = Access::kDefault;
  Isolation isolation = Isolation::kDefault;
  bool chain = false;      // kCommit, kRollback: AND CHAIN, so the next transaction has begun
  uint8_t statements = 0;  // 255: or more; of kOther they are not always counted

  bool operator==(const Classification&) const = default;
};

// For SHOW and for logs: "calls a function that is volatile or unknown".
Bytes describe(Classification::Reason reason);

// `sql` may be a text or its shape (sql_shape.h): no literal's value matters. `catalog` may be null.
//
// Any thread may call it, each on a memory context of its own within the parser, about 10 KB, which lasts as
// long as the thread. It allocates, and costs 20 us for a short text, 100 us for 200 bytes and ms for the
// longest: only for what is not remembered. It needs 1 MiB of stack, since the parser's trees are deep and
// walked by recursion, which it bounds by kMaxClassifiedSql. Its errors jump over its own frames only.
inline constexpr size_t kMaxClassifiedSql = 8192;
Classification classify(Bytes sql, const VolatilityCatalog* catalog);

// By its first word alone: INSERT, UPDATE, DELETE, MERGE or COPY. True of most writes, at the cost of a
// glance.
[[gnu::hot]] bool beginsAsWrite(Bytes sql);

}  // namespace forebay::pgproto
