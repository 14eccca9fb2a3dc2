// Console answers the commands of the admin console: `psql -h HOST -p 6432 -U admin pgbouncer`.
//
// handle() takes the text of one Query message and calls `reply` at most once, at once or in a later turn of
// the loop, with all bytes of the answer up to ReadyForQuery. PAUSE, SUSPEND, WAIT_CLOSE and PROMOTE are
// answered when they are done, however long that takes; SHUTDOWN without a wait is not answered at all: its
// client sees the connection close. The console knows no sockets: who asked may be gone by then, so a `reply`
// must not depend on it. Lives on the control thread and must outlive the Fleet's callbacks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "gateway/admin/averages.h"
#include "gateway/admin/command.h"
#include "gateway/admin/console_login.h"
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
  // Told of each command that changes something, before it runs, for the log: "PAUSE orders",
  // "SET query_timeout". A value never stands in it.
  using Audit = std::function<void(uint64_t asker, std::string_view command)>;

  Console(Fleet& fleet, Now now, Audit audit = nullptr);

  // `asker` is a number that the caller makes up, such as the client's id.
  void handle(Bytes sql, Role role, Reply reply, uint64_t asker = 0);

  // The asker has cancelled its command or hung up. When it waits for a PAUSE or SUSPEND, what it wanted held
  // goes on again, as in PgBouncer; else nothing happens.
  void interrupt(uint64_t asker = 0);

  // To be called once per stats_period. `done`, where given, gets the averages over all databases, for the
  // log.
  void endStatsPeriod(std::function<void(const StatTotals& averages)> done = nullptr);

 private:
  struct Asked {
    Command command;
    Bytes sql;  // the same as text, for as long as handle() runs
    Role role;
    uint64_t asker;
  };

  void show(const Asked& asked, Reply reply);
  void set(const Asked& asked, Reply reply);
  void steer(const Asked& asked, Reply reply);
  void steerDatabase(const Asked& asked, Reply reply);
  void reload(Reply reply);
  void shutdown(const Asked& asked, Reply reply);
  void killClient(const Asked& asked, Reply reply);
  void promote(const Asked& asked, Reply reply);
  void audit(const Asked& asked) const;
  // Remembers that the asker waits until `database` (empty: all) is held.
  Fleet::Done whileHolding(uint64_t asker, std::string database, Fleet::Done done);

  Fleet& fleet_;
  Now now_;
  Audit audit_;
  Averages averages_;
  std::multimap<uint64_t, std::string> holding_;  // asker -> database
};

}  // namespace forebay::admin
