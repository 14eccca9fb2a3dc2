// Fleet: all workers of this process as the console and the HTTP server see them. gateway/ implements it with
// mailboxes; tests with a few variables.
//
// Everything here belongs to the control thread: calls are made on it, never block, and their callbacks run
// on it, each exactly once, either at once or in a later turn of the loop. `database` empty means all. A
// Status that is not Ok carries the text for the person at the console.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/config.h"
#include "gateway/admin/snapshot.h"
#include "gateway/probe/promotion_report.h"

namespace forebay::admin {

// How much a Snapshot holds. Rows for ten thousand clients are not made for a scrape that counts them only.
enum class Detail : uint8_t {
  kPools,        // everything but the rows of single connections
  kConnections,  // with clients, servers and listeners
  kPins,         // with pins
  kPrepared,     // with prepared
  kRedisClients,
  kRedisSlowLog,
  kRedisKeys,
};

enum class Shutdown : uint8_t {
  kNow,             // SHUTDOWN
  kWaitForServers,  // as PAUSE, then stop
  kWaitForClients,  // no new clients, stop when the last has left
};

class Fleet {
 public:
  using Done = std::function<void(Status)>;

  virtual ~Fleet() = default;

  virtual void collect(Detail detail, std::function<void(Snapshot)> done) = 0;

  // Done when no server of the database is in use any more and all are closed; new queries wait until
  // resume(). Refused: "already suspended/paused".
  virtual void pause(std::string_view database, Done done) = 0;
  // Refused: "pooler is not paused/suspended", "database X is not paused", "pooler is shutting down".
  // A pause() or suspend() still under way ends: its `done` gets an error ("interrupted by RESUME").
  virtual void resume(std::string_view database, Done done) = 0;
  // Done when all buffers are empty and all sockets are left alone. Refused: "already suspended/paused",
  // "cannot suspend with paused databases".
  virtual void suspend(Done done) = 0;
  // Every server is closed and replaced as soon as its client lets go of it. Done when all workers know.
  virtual void reconnect(std::string_view database, Done done) = 0;
  // Closes all clients and servers of the database at once and leaves it paused. Refused: "already
  // suspended/paused".
  virtual void kill(std::string_view database, Done done) = 0;
  // Refused: "client not found".
  virtual void killClient(uint64_t id, Done done) = 0;
  // Done when every server that there is now, or was when reconnect() came, has been closed.
  virtual void waitClose(std::string_view database, Done done) = 0;
  // A disabled database takes no new clients; those that it has stay.
  virtual void disable(std::string_view database, Done done) = 0;
  virtual void enable(std::string_view database, Done done) = 0;

  // Makes `host`, one of the database's as the settings name them, its primary. Answered when that has
  // happened or failed, which may take minutes.
  virtual void promote(std::string_view database, const conf::HostPort& host, probe::PromotionDone done) = 0;

  // Reads all files again. The lines say what has changed; an error, why everything stays as it was.
  virtual void reload(std::function<void(Result<std::vector<std::string>>)> done) = 0;
  virtual void shutdown(Shutdown mode, Done done) = 0;

  virtual conf::ConfigPtr currentConfig() const = 0;
  virtual void applyConfig(conf::ConfigPtr config, Done done) = 0;
};

}  // namespace forebay::admin
