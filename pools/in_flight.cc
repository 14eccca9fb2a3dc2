#include "pools/in_flight.h"

#include <array>

namespace forebay::pools {
namespace {

using redisproto::Command;
using redisproto::Special;
namespace flag = redisproto::flag;

// The first words of refusals that processCommand() of Redis and Valkey gives before a command is called.
constexpr std::array<std::string_view, 10> kRefusals = {
    "READONLY", "LOADING", "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN",
    "TRYAGAIN", "MOVED",   "ASK",        "REDIRECT",   "BUSY",
};
constexpr std::string_view kMaxClients = "ERR max number of clients";
// To who is blocked on a primary that is demoted: nothing was taken from any key. (The other UNBLOCKED is the
// answer to a CLIENT UNBLOCK, and what the client asked for.)
constexpr std::string_view kDemoted = "UNBLOCKED force unblock";

// They only change what their connection is, and that connection is gone.
bool changesConnectionOnly(const Command& command) {
  switch (command.special) {
    case Special::kMulti:
    case Special::kDiscard:
    case Special::kWatch:
    case Special::kUnwatch: return true;
    default: return false;
  }
}

// No flag says of these that they change nothing.
bool isHarmless(const Command& command) {
  switch (command.special) {
    case Special::kPing:
    case Special::kEcho:
    case Special::kInfo:
    case Special::kCommand:
    case Special::kLolwut:
    case Special::kAclWhoami:
    case Special::kClientList:
    case Special::kClientGetredir:
    case Special::kClientTrackinginfo:
    case Special::kScriptExists: return true;
    default: return false;
  }
}

// Runs code of its users, which may answer with any error at any point.
bool isProgram(const Command& command) {
  return command.special == Special::kEval || command.special == Special::kEvalsha ||
         command.special == Special::kExec || command.name.starts_with("fcall") || command.is(flag::kModule);
}

}  // namespace

bool isRepeatable(const Command& command) {
  if (command.is(flag::kBlocking) || command.is(flag::kWrite)) return false;
  return command.is(flag::kReadonly) || isHarmless(command);
}

bool goesOn(const Command& command, const std::vector<Bytes>& args) {
  if (command.special != Special::kScan) return false;
  const size_t at = command.first_key != 0 ? 2 : 1;
  return args.size() > at && args[at].find_first_not_of('0') != Bytes::npos;
}

Outcome outcomeOfLoss(bool written, const Command* command, bool in_transaction) {
  if (!written) return Outcome::kNotExecuted;
  if (command == nullptr) return in_transaction ? Outcome::kNotExecuted : Outcome::kUnknown;
  if (changesConnectionOnly(*command)) return Outcome::kNotExecuted;
  // What stands behind MULTI is only queued: EXEC alone executes it.
  if (in_transaction && command->special != Special::kExec) return Outcome::kNotExecuted;
  return Outcome::kUnknown;
}

Recovery afterLoss(bool written, const Command* command, bool in_transaction) {
  const Outcome outcome = outcomeOfLoss(written, command, in_transaction);
  // Its MULTI, or the WATCH that guards it, does not exist on another connection. A repeated WATCH would look
  // only from now on and hide that somebody has changed the key.
  const bool needs_its_connection =
      in_transaction ||
      (command != nullptr && (changesConnectionOnly(*command) || command->special == Special::kExec));
  if (needs_its_connection)
    return outcome == Outcome::kNotExecuted ? Recovery::kFailPlain : Recovery::kFailUnknown;
  if (outcome == Outcome::kNotExecuted) return Recovery::kSendAgain;
  return command != nullptr && isRepeatable(*command) ? Recovery::kSendAgain : Recovery::kFailUnknown;
}

bool rejectedBeforeExecution(Bytes error_reply) {
  if (error_reply.starts_with('-')) error_reply.remove_prefix(1);
  // A whole word: BUSYGROUP and BUSYKEY are answers of commands that ran.
  const Bytes word = error_reply.substr(0, error_reply.find_first_of(" \r\n"));
  for (const std::string_view refusal : kRefusals) {
    if (word == refusal) return true;
  }
  return error_reply.starts_with(kMaxClients) || error_reply.starts_with(kDemoted);
}

Outcome afterError(Bytes error_reply, const Command* command) {
  if (command == nullptr || isProgram(*command)) return Outcome::kExecuted;
  return rejectedBeforeExecution(error_reply) ? Outcome::kNotExecuted : Outcome::kExecuted;
}

std::string_view outcomeUnknownError() {
  return "ERR the connection to the server was lost before it answered: the command may have been executed, "
         "or not";
}

std::string_view lateReplyError() {
  return "ERR the server has not answered in time: the command may have been executed, or not";
}

std::string_view notExecutedError() {
  return "ERR the connection to the server was lost: the command was not executed";
}

std::string_view cursorLostError() {
  return "ERR the connection to the server was lost, and the cursor may mean nothing to the next one: begin "
         "again with cursor 0";
}

}  // namespace forebay::pools
