// What a pooler must know of a SQL text without parsing it: does it leave state behind in the server's
// session?
//
// One pass over the tokens: string literals, dollar quotes, quoted identifiers and (nested) comments are
// skipped as PostgreSQL's scanner skips them
// (https://www.postgresql.org/docs/current/sql-syntax-lexical.html), so a word inside a literal never counts.
// Unsure means yes: a client that keeps its server too long is slow, one that loses it is broken. For the
// effects that end such a state unsure means no; and where one text does both, the state stays. Nothing is
// allocated. 1 to 1.5 ns a byte, and a fifth of it for the texts that can have no effect at all.
//
// What cannot be seen: what a function, procedure or prepared statement does inside,
// standard_conforming_strings switched off, and a search path that puts pg_temp first by way of a parameter
// or ALTER ROLE.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"

namespace forebay::pgproto {

// Bits, since one text may hold several statements.
enum SessionEffect : uint32_t {
  kNoEffect = 0,
  kListens = 1u << 0,            // LISTEN
  kUnlistensAll = 1u << 1,       // UNLISTEN *
  kCreatesTemp = 1u << 2,        // CREATE [LOCAL|GLOBAL] TEMP|TEMPORARY ..., SELECT ... INTO TEMP, CREATE ...
                                 // pg_temp.x; not when ON COMMIT DROP; a search path with pg_temp in front
  kDiscardsTemp = 1u << 3,       // DISCARD TEMP|TEMPORARY
  kTakesAdvisoryLock = 1u << 4,  // pg_[try_]advisory_lock[_shared](; not the _xact_ ones
  kFreesAdvisoryLocks = 1u << 5,  // SELECT pg_advisory_unlock_all(), and nothing else
  kPrepares = 1u << 6,            // SQL-level PREPARE (not PREPARE TRANSACTION)
  kDeallocatesAll = 1u << 7,      // DEALLOCATE [PREPARE] ALL
  kDeallocates = 1u << 8,         // DEALLOCATE [PREPARE] name
  kDiscardsAll = 1u << 9,         // DISCARD ALL
  kDiscardsPlans = 1u << 10,      // DISCARD PLANS|SEQUENCES: nothing that matters, but known
  kDeclaresHold = 1u << 11,       // DECLARE ... WITH HOLD
  kLoads = 1u << 12,              // LOAD 'library'
  kSets = 1u << 13,    // SET [SESSION] name ..., SET TIME ZONE, SET ROLE, SET SESSION AUTHORIZATION,
                       // set_config(; not SET LOCAL, SET TRANSACTION, SET CONSTRAINTS, set_config(a, b, true)
  kResets = 1u << 14,  // RESET name|ALL
  kBegins = 1u << 15,  // BEGIN, START TRANSACTION
  kEnds = 1u << 16,    // COMMIT, END, ROLLBACK, ABORT, PREPARE TRANSACTION; not ROLLBACK TO; AND CHAIN
                       // also begins
};

struct SqlScan {
  uint32_t effects = kNoEffect;
  bool single_statement = true;  // no second statement behind a semicolon
};
[[gnu::hot]] SqlScan scanSql(Bytes sql);

// `SET [SESSION] name {TO|=} value` or `RESET name` as a whole text: name folded to lower case unless quoted,
// value unquoted; value empty and `reset` true for RESET and `TO DEFAULT`. False for every other text (SET
// LOCAL, lists of several values, several statements, RESET ALL, special forms other than SET TIME ZONE and
// SET NAMES).
//
// To set the same on another server, send `SET name TO 'value'` and not set_config(): for a search path the
// two differ.
struct SetStatement {
  char name[64];
  size_t name_size = 0;
  Bytes value;                 // as written between quotes, or the bare word or number
  bool value_escaped = false;  // holds doubled quotes or is an E'' string: not usable as it stands
  bool value_folds = false;    // a bare word with capitals, which PostgreSQL reads in lower case
  bool reset = false;
};
bool parseSetStatement(Bytes sql, SetStatement& out);
// `SET [SESSION] name {TO|=} value, value ...` as a whole text: `value` is the list as written, good for a
// SET of ours. False where it holds a comment or a semicolon.
bool parseSetList(Bytes sql, SetStatement& out);
// Appends the value as the server understands it. False for an E'' string with escapes.
bool appendSetValue(const SetStatement& set, std::string& out);

// True when nothing that the text sets for the session needs watching: each SET, and each set_config() with a
// literal name, is of a parameter that `known` says yes to, or gives back a role or an authorization.
bool setsOnlyKnown(Bytes sql, const std::function<bool(Bytes)>& known);

// Is there a `RESET ALL` among the statements of the text?
bool resetsAll(Bytes sql);

// `DEALLOCATE [PREPARE] name` as a whole text: the name, folded as PostgreSQL folds identifiers.
bool parseDeallocate(Bytes sql, std::string& name);

}  // namespace forebay::pgproto
