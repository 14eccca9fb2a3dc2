// Cancels: the lane that CancelRequests travel in, apart from the queries they are meant for.
//
// A cancel finds its client by the key (on whichever worker it lives), and its server through the client. It
// gets a connection of its own to the same host; the server that it is for is not lent again before
// PostgreSQL has closed that connection, or never again if it does not, so a late cancel hits nobody. Each
// pool's lane is bounded in width and each cancel in time. One per worker, on its thread.
#pragma once

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "gateway/postgres/cancel_caller.h"
#include "gateway/postgres/cancel_flight.h"

namespace forebay::admin {
struct Snapshot;
}

namespace forebay::postgres {

class PostgresWorker;
class Server;
class WorkerPool;

class Cancels {
 public:
  explicit Cancels(PostgresWorker& worker);
  ~Cancels();

  // A CancelRequest came in, on this worker; `caller` is told on this worker.
  void requested(uint32_t pid, std::string secret, CancelCaller caller);

  // Cancels what `server` runs.
  void cancelServer(Server& server, CancelCaller caller = {});
  // The server is gone: nothing waits for its cancels any more.
  void forget(Server& server);
  void stop();

  struct Load {
    uint32_t active = 0, waiting = 0;
  };
  Load load(const WorkerPool& pool) const;
  void fill(admin::Snapshot& out) const;          // their rows of SHOW CLIENTS and SHOW SERVERS
  std::map<uint32_t, uint32_t> forwards() const;  // on their way to other gateways, by peer_id

 private:
  struct Flight {
    WorkerPool* pool;  // null: it goes to another gateway
    Server* server;    // null once it is gone
    CancelCaller caller;
    std::unique_ptr<CancelFlight> flight;
    uint32_t peer_id = 0;  // of that other gateway
    // For SHOW SERVERS:
    uint64_t id = 0;
    conf::HostPort host{};
    WallTime since{};
  };
  struct Queued {
    WorkerPool* pool;
    uint64_t server_id;
    CancelCaller caller;
    Instant deadline;
  };

  void forward(uint32_t gateway, uint32_t pid, const std::string& secret, CancelCaller caller);
  void arrived(uint32_t slot, const std::string& secret, CancelCaller caller);
  void launch(Server& server, CancelCaller caller);
  void start(Flight flight, std::string request, ServerDialer::Target target);
  void landed(std::list<Flight>::iterator at, CancelFlight::End end);
  bool launchNext(WorkerPool& pool);
  size_t widthOf(const WorkerPool& pool) const;

  PostgresWorker& worker_;
  std::list<Flight> flights_;
  std::deque<Queued> queue_;
};

}  // namespace forebay::postgres
