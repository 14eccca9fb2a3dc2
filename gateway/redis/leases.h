// Leases: the connections of a cache that are lent to one client at a time, on one worker, and the clients
// that wait for one.
//
// Such a connection is under way, idle, or held by a client. From before it is dialled until it is closed it
// has one of the permits that all workers share (pools/lease_limit.h). It goes to the client that has waited
// longest of those that speak its RESP version; where all permits are used, idle connections that are of no
// use to who waits, here or on another worker, are closed to make place.
//
// The first worker has min_lease_pool_size of them open before anybody asks, with what permits no client
// waits for: idle or held, of either RESP version.
//
// The cache owns the servers and says what becomes of them. What it watches the node with is a leased
// connection, too, but none of these: it has no permit and nobody is told of it here. All calls are on the
// worker's thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "gateway/net/tick.h"
#include "gateway/redis/client.h"
#include "pools/lease_limit.h"

namespace forebay::redis {

class Server;
class WorkerCache;

class Leases {
 public:
  explicit Leases(WorkerCache& cache);

  // ---- for clients
  // Client::leased() is called, at once or later, or leaseFailed().
  void lease(Client& client);
  // The client waits no more, if it did.
  void withdraw(Client& client);
  // The client has no more use for it. One whose state cannot be told (not `clean`) is closed.
  void giveBack(Server& server, bool clean);

  // ---- told by the cache
  void ready(Server& server);
  void dialFailed();
  void closed(Server& server);
  void forgetFailures();  // another node is to be reached: no pause is left to wait out
  void nodeFound();       // there is one to dial again

  // ---- told by other workers
  void yieldOne();  // somebody there waits for a permit
  void wake();      // a permit came back

  // Opens one of those that are missing to the minimum; the next one follows when it is there. Called by
  // itself when one is lost, and by the cache when the minimum may have changed.
  void openMinimum();
  // Closes those that have been idle since then or longer, down to the minimum.
  void closeIdle(Instant since);

  size_t waiting() const { return queue_.size(); }
  bool areComing() const { return dialling_ >= queue_.size(); }  // for all who wait
  // Of the client that has waited longest; kNever: none waits.
  Instant waitingSince() const { return queue_.empty() ? kNever : queue_.front().waitingSince(); }

 private:
  Instant now();
  bool lendIdle(Client& client);
  void lend(Server& server, Client& client);
  void dialForWaiters();
  void failWaiters();
  void dial(redisproto::Resp resp, uint32_t database);
  void lookAgain(Instant by = kNever);
  bool permitFreed();
  bool allUsed() const { return permits_.used() >= permits_.limit(); }
  bool othersWait() const { return allUsed() && permits_.waitingInAll() > queue_.size(); }

  WorkerCache& cache_;
  pools::LeaseLimit& permits_;
  IntrusiveList<Client, InWaitQueue> queue_;
  std::vector<Server*> idle_;  // the one used last at the end
  uint32_t size_ = 0;          // of all there are, whoever has them
  uint32_t dialling_ = 0;      // of these
  uint32_t own_turns_ = 0;     // in a row, while clients of other workers wait
  Instant dial_at_{};          // after a failure: not before
  unsigned failures_ = 0;
  net::Tick tick_;
};

}  // namespace forebay::redis
