// ReadReplicas: the replicas of a cache, as one worker reads from them.
//
// The control thread tells which of them may serve, and what each is proven for (failover/redis_replicas.h).
// Clients are dealt out among them in turn, and a client stays with one while that serves, so that nothing
// that it has read vanishes again. A replica whose connection is lost, or that refuses a read, is left alone
// until it has answered a question that was asked later; so is one that was only just connected. All calls
// are on the worker's thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/intrusive_list.h"
#include "conf/network.h"
#include "failover/redis_replicas.h"
#include "gateway/redis/client.h"
#include "gateway/redis/lanes.h"

namespace forebay::redis {

class Server;
class WorkerCache;

// One of them; its connections hold it, too.
struct Replica : std::enable_shared_from_this<Replica> {
  Replica(WorkerCache& cache, conf::HostPort at, uint64_t& reads_so_far);

  const conf::HostPort host;
  const std::string name;  // "10.0.0.2:6379"
  Lanes lanes;
  failover::Replica told;  // by the control thread
  uint64_t failed_at = 0;  // how many questions had been asked when it failed here
  unsigned failures = 0;   // in a row
  Instant rests_until{};   // since then
  std::string failure;     // why
  uint64_t& reads;         // that it was asked
};

class ReadReplicas {
 public:
  explicit ReadReplicas(WorkerCache& cache) : cache_(cache) {}

  // Why no replica takes a read.
  enum class None : uint8_t {
    kBehind,  // one that serves is not known to have what the client has written
    kNobody,  // none serves, or none is connected yet
  };
  struct Choice {
    Server* server = nullptr;
    None none = None::kNobody;
  };
  Choice choose(Reader& reader, redisproto::Resp resp, uint32_t database, bool slow);
  bool serves(const Replica& replica) const;
  std::string whyNone() const;  // in words
  // Client::resume() is called when there may be another answer.
  void wait(Client& client) { waiting_.pushBack(client); }

  void follow(const failover::ReplicasPtr& replicas, uint64_t epoch);
  void ready(Replica& replica);
  void failed(Replica& replica, std::string_view reason);
  void forgetConnections();  // what comes from now on takes new ones
  void clear(std::string_view reason);

  const std::vector<std::shared_ptr<Replica>>& all() const { return all_; }
  // Of a node, whatever it is just now.
  uint64_t& readsOf(const std::string& node) { return reads_[node]; }

 private:
  void giveUp(const Replica& replica, std::string_view reason);
  void wake();

  WorkerCache& cache_;
  std::vector<std::shared_ptr<Replica>> all_;
  IntrusiveList<Client, InWaitQueue> waiting_;
  uint32_t turns_ = 0;                     // dealt out
  std::map<std::string, uint64_t> reads_;  // by node: for as long as the worker lives
};

}  // namespace forebay::redis
