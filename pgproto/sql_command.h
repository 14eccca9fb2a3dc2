// Which command a statement is, by its first word.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace forebay::pgproto {

// The first words of the commands that have an effect by themselves, and of those that need a look at what
// follows.
enum class Command : uint8_t {
  kOther,
  kAbort,
  kBegin,
  kCommit,
  kDeallocate,
  kDeclare,
  kDiscard,
  kDo,
  kEnd,
  kInsert,  // and MERGE: its INTO names a table that exists
  kListen,
  kLoad,
  kPrepare,
  kReset,
  kRollback,
  kSelect,
  kSet,
  kStart,
  kUnlisten,
};

// `word` is not empty.
[[gnu::hot]] Command commandOf(Bytes word);

}  // namespace forebay::pgproto
