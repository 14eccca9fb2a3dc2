// History is what clients did to registers, one register each, and what they were told; violationsOf() finds
// what no database that keeps its promises could have shown them.
//
// The values that a client writes grow, and the database keeps a journal of all that were committed. So every
// single write can be looked up at the end: one that was acknowledged must be in the journal, one of which
// the client was told that it was not executed must not, and of the others nothing is asked.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/rig/error.h"

namespace forebay::rig {

enum class Outcome : uint8_t {
  kAcknowledged,  // the answer came
  kNotExecuted,   // certainly had no effect, and never will: the answer says so, or nothing was sent
  kUnknown,       // may have happened, or may happen yet
};

struct Operation {
  enum class Kind : uint8_t {
    kWrite,
    kRead,
    kLogin,
    kIdle
  };  // kIdle: the connection ended while nothing ran
  Kind kind = Kind::kWrite;
  int64_t value = 0;  // written, or read
  Outcome outcome = Outcome::kAcknowledged;
  int server_port = 0;      // of the server that acknowledged it
  bool replicated = false;  // a write to Redis that is on all replicas
  std::string sqlstate{};   // of the error; empty where there was none, or the connection was just lost
  std::string error{};
  SteadyTime begun{}, ended{};
};

using Operations = std::vector<Operation>;         // of one client, in their order
using Journal = std::map<int, std::set<int64_t>>;  // by client: the values that the database committed

// The time in which a fault takes servers or connections away: what was sent before its end may be lost.
struct Disturbance {
  SteadyTime begun{}, ended{};
  std::set<std::string> answers{};  // SQLSTATEs that a server itself may give because of the fault
};

// What a client may rely on when it reads.
enum class Reads : uint8_t {
  kNewest,     // nothing older than what it has written or read before: a primary answers
  kOwnWrites,  // nothing older than what it has written: a replica may answer
  kSession,    // the same, but only of what it has written since it last logged in
};

struct History {
  std::map<int, Operations> clients;
  std::vector<Disturbance> disturbances;
  std::map<int, Reads> reads{};  // by client; kNewest of who is not there

  int count(Operation::Kind kind, Outcome outcome) const;
  // Of errors and lost connections, by SQLSTATE ("none": the connection was just lost).
  std::map<std::string, int> errors() const;
  // Errors of work that no fault can have caught under way, one line each: at a login, while idle, with an
  // SQLSTATE that says that it was not, or of what began when the disturbance was over.
  std::vector<std::string> errorsNotInFlight() const;
  // Writes and reads that a server acknowledged after `since`, when it was to be primary no more, and before
  // it was a replica.
  int acknowledgedBy(int server_port, SteadyTime since, SteadyTime until = SteadyTime::max()) const;
  // The longest time in which no client got a write acknowledged, from the first one to the last.
  milliseconds longestOutage() const;
  std::string summary() const;
};

// One line for each; none: all promises were kept.
std::vector<std::string> violationsOf(const History& history, const Journal& journal);

// What the SQLSTATE of an error, empty for a lost connection, promises of a statement that could commit by
// itself, or of a COMMIT. After a PANIC a server itself does not know until it has recovered.
Outcome outcomeOf(const std::string& sqlstate, const std::string& severity = "ERROR");

}  // namespace forebay::rig
