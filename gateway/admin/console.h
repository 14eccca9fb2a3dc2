// Console answers the commands of the admin console: `psql -h HOST -p 6432 -U admin pgbouncer`.
//
// handle() takes the text of one Query message and calls `reply` at most once, at once or in a later turn of
// the loop, with all bytes of the answer up to ReadyForQuery. PAUSE, SUSPEND and WAIT_CLOSE are answered when
// they are done, however long that takes; SHUTDOWN without a wait is not answered at all: its client sees the
// connection close. The console knows no sockets: who asked may be gone by then, so a `reply` must not depend
// on it. Lives on the control thread and must outlive the Fleet's callbacks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "gateway/admin/averages.h"
#include "gateway/admin/command.h"
#include "gateway/admin/fleet.h"
#include "gateway/admin/show.h"

namespace forebay::admin {

enum class Role : uint8_t {
  kAdmin,  // in admin_users
  kStats,  // in stats_users: may look, but not at SHOW FDS, and change nothing
};

class Console {
 public:
  using Reply = std::function<void(std::string wire_bytes)>;
  using Now = std::function<Instant()>;

  Console(Fleet& fleet, Now now);

  void handle(Bytes sql, Role role, Reply reply);

  // An admin who waits for PAUSE or SUSPEND has cancelled it or hung up: everything goes on again, as in
  // PgBouncer. Nothing happens when nobody waits for either.
  void interrupt();

  // To be called once per stats_period. `done`, where given, gets the averages over all databases, for the
  // log.
  void endStatsPeriod(std::function<void(const StatTotals& averages)> done = nullptr);

 private:
  void show(const Command& command, Bytes sql, Role role, Reply reply);
  void set(const Command& command, Role role, Reply reply);
  void steer(const Command& command, Bytes sql, Reply reply);
  void steerDatabase(const Command& command, Reply reply);
  void reload(Reply reply);
  void shutdown(const Command& command, Bytes sql, Reply reply);
  void killClient(const Command& command, Reply reply);
  // Counts those that interrupt() is about.
  Fleet::Done whileHolding(Fleet::Done done);

  Fleet& fleet_;
  Now now_;
  Averages averages_;
  uint32_t holds_pending_ = 0;
};

// Whether a client that asks for this database wants the console.
bool isConsoleDatabase(std::string_view database);

// The ParameterStatus messages of a console login, to stand between AuthenticationOk and ReadyForQuery.
std::string consoleParameters();

// The last words to a client that sends the console anything but Query and Terminate; a close must follow.
// `type` is the type byte of what it sent.
std::string consoleRefusal(char type);

}  // namespace forebay::admin
