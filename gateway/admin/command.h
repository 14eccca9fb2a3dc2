// The console's language: what PgBouncer's console understands, and the words that Forebay adds.
//
// One command in a text, in any case, with or without a semicolon behind it. A name may stand in double
// quotes, and must when it holds more than letters, digits and underscores; a host may stand without, or in
// single quotes. Comments count as blanks.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace forebay::admin {

enum class Verb : uint8_t {
  kNothing,  // an empty text: what drivers send to see whether the connection lives
  kShow,     // and SELECT, which is the same
  kSet,
  kReload,
  kPause,
  kResume,
  kSuspend,
  kReconnect,
  kKill,
  kKillClient,
  kWaitClose,
  kDisable,
  kEnable,
  kShutdown,
  kPromote,
  kLater,  // known, but not to this version: SCALE, RULE, BACKUP
};

struct Command {
  Verb verb = Verb::kNothing;
  std::string word;      // the verb as it is written in an answer: "KILL_CLIENT"
  std::string argument;  // a database, what to SHOW, the key of a SET; empty when there was none
  std::string value;     // of a SET; the host of a PROMOTE
};

// The error is the text for the person at the console.
Result<Command> parseCommand(Bytes sql);

// That text, for a command that is no command.
Error invalidCommand(Bytes sql);

}  // namespace forebay::admin
