// ReadAhead tells what a client wants next, from the messages that it has sent: does all of it only read?
//
// A unit is what a server answers with one ReadyForQuery: a Query, or an extended-query batch up to its Sync;
// or up to a Flush, where it has only prepared and described. A batch only reads when each of its statements
// does and its Sync is there to be seen: what has not come yet may write.
// (https://www.postgresql.org/docs/current/protocol-flow.html)
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "gateway/postgres/client_statements.h"
#include "pgproto/read_only.h"

namespace forebay::postgres {

// What a text does, as far as it is known.
class Classifier {
 public:
  virtual ~Classifier() = default;
  virtual pgproto::Classification classify(Bytes sql) = 0;
  virtual pgproto::Classification classifyPrepared(const pools::Statement& statement) {
    return classify(statement.sql);
  }
};

struct Unit {
  enum class Kind : uint8_t {
    kWrite,                // or nobody knows
    kRead,                 // outside a transaction
    kReadOnlyTransaction,  // it begins one, and all of the transaction goes where the unit goes
  };
  Kind kind = Kind::kWrite;
  size_t size = 0;          // of its messages; 0: not known
  bool repeatable = false;  // it may be sent again, as it is, to another server
  bool asserted = false;    // only its role says that it reads: nothing proves it
  bool operator==(const Unit&) const = default;
};

// What an operator or a client has said about where a text is to run.
enum class ReadRole : uint8_t { kAuto, kPrimary, kReplica };

struct ReadAhead {
  Classifier& classifier;
  const ClientStatements* statements = nullptr;  // what the client has prepared; null: nothing
  bool read_only_by_default = false;             // default_transaction_read_only is on
  ReadRole role = ReadRole::kAuto;               // kReplica: everything is taken for a read
  bool follows_names = true;                     // named statements are prepared wherever they are needed

  // `ahead` begins with the first message of the unit.
  Unit operator()(Bytes ahead) const;

 private:
  Unit query(Bytes sql, size_t size) const;
  Unit batch(Bytes ahead) const;
  // `prepared`: the statement that has this text, if one has. `asserted` is set where only the role makes it
  // a read.
  Unit::Kind kindOf(Bytes sql, const pools::Statement* prepared, bool& asserted) const;
  const pools::Statement* preparedAs(Bytes name) const;
};

// The parameter with which a client says where its reads are to go: "primary", "replica" or "auto".
inline constexpr Bytes kRoleParameter = "forebay.role";

// A role asked for in a comment at either end of a text: /* forebay.role = primary */. kAuto: none.
ReadRole roleHint(Bytes sql);
// "primary", "replica" or "auto"; kAuto for anything else, too.
ReadRole readRole(Bytes name);

}  // namespace forebay::postgres
