// What became of a request whose connection was lost or that was refused, and what to do about it.
//
// Nothing is sent a second time unless it was surely not executed, or changes nothing. Everything else is
// answered with a plain "ERR ..." that says so: client libraries repeat a command on their own when its error
// begins with READONLY, LOADING, MASTERDOWN, CLUSTERDOWN, TRYAGAIN or NOREPLICAS, so these words may stand
// only before what was not executed. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "redisproto/command.h"

namespace forebay::pools {

enum class Outcome : uint8_t {
  kNotExecuted,
  kUnknown,   // it was written, and no answer came
  kExecuted,  // answered by the server's own word; an error may be the answer
};

enum class Recovery : uint8_t {
  kSendAgain,    // on another connection, before the client's later requests
  kFailUnknown,  // answer outcomeUnknownError()
  kFailPlain,    // answer notExecutedError(): what it needs was lost with its connection
};

// A request whose connection was lost, or whose reply did not come in time. `written`: at least one byte of
// it may have left. `command`: null when it is not known. `in_transaction`: it stands between MULTI and EXEC,
// or is the EXEC; one that a client sent while it was watching keys counts as well.
Outcome outcomeOfLoss(bool written, const redisproto::Command* command, bool in_transaction = false);
Recovery afterLoss(bool written, const redisproto::Command* command, bool in_transaction = false);

// May run twice without anybody noticing: a read that does not wait and is not a script that writes. One with
// a cursor may do so on the same Redis only, see goesOn().
bool isRepeatable(const redisproto::Command& command);

// Is it a SCAN or its like that goes on from a cursor? Only the Redis that has given it knows what it means,
// and not after a restart: another one would leave out elements without a word.
bool goesOn(const redisproto::Command& command, const std::vector<Bytes>& args);

// Is this error (with or without its '-', up to any length) one with which the server refuses a request
// before it begins with it? A script can answer with the same words after it has written: ask afterError(),
// which knows the command.
bool rejectedBeforeExecution(Bytes error_reply);

// What an error reply to `command` tells: kNotExecuted, so that it may be sent again even if it writes, or
// kExecuted, so that the client must get it as it is. Of a script, a module's or an unknown command only the
// server itself knows what it did, and an EXEC's transaction is void: all of these are kExecuted.
Outcome afterError(Bytes error_reply, const redisproto::Command* command);

// Texts for redisproto::appendError().
std::string_view outcomeUnknownError();  // the connection was lost
std::string_view lateReplyError();       // the deadline passed after the request was sent
std::string_view notExecutedError();     // the connection was lost before
std::string_view cursorLostError();      // who has given the cursor may be gone

}  // namespace forebay::pools
