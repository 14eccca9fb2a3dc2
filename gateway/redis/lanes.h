// Lanes: which shared connection a request takes.
//
// A lane exists per (RESP version, database), one for what takes Redis no time and one for the rest. It has
// one connection while that is enough: what several clients ask for at the same time then reaches Redis in
// one piece. Under a crowd of requests more are opened, so that Redis has the next to work on while the
// answers of the last are on their way. Where a large reply comes through one, another takes its place, so
// nobody new waits behind it. Where there are too many already (WorkerCache::mayOpenShared), what Redis must
// do first is waited for. All calls are on the worker's thread.
#pragma once

#include <cstdint>
#include <vector>

#include "redisproto/builder.h"

namespace forebay::redis {

class Server;
class WorkerCache;
struct Replica;

class Lanes {
 public:
  // To the primary, or to this replica.
  explicit Lanes(WorkerCache& cache, Replica* replica = nullptr) : cache_(cache), replica_(replica) {}

  // Never fails: the connection may still have to be made.
  [[gnu::hot]] Server& choose(redisproto::Resp resp, uint32_t database, bool slow);
  // A large reply comes through it: nothing new goes there.
  void avoid(Server& server);
  // The large reply has come. False: it is not needed any more.
  bool takeBack(Server& server);
  bool has(const Server& server) const;
  void remove(Server& server);
  void clear();

 private:
  struct Lane {
    redisproto::Resp resp;
    uint32_t database;
    bool slow;
    std::vector<Server*> open;  // the first is never missing for long; the others serve the crowd
    std::vector<Server*> spares;
  };
  // So many requests crowd a connection. With 50 clients that pipeline 100 each, four connections have the
  // throughput of one per client, and more have no more.
  static constexpr size_t kCrowd = 512;
  static constexpr size_t kMostOpen = 4;
  static constexpr size_t kMostSpares = 2;

  Lane& find(redisproto::Resp resp, uint32_t database, bool slow);
  [[gnu::cold]] Server& chooseInCrowd(Lane& lane);

  WorkerCache& cache_;
  Replica* const replica_;
  std::vector<Lane> lanes_;
};

}  // namespace forebay::redis
