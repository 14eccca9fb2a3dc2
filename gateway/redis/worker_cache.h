// WorkerCache: the part of one cache that lives on one worker: its shared connections (lanes.h), its leased
// ones (leases.h), its subscriber (pub_sub.h), and what is known of the node behind them. All calls are on
// the worker's thread.
#pragma once

#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/intrusive_list.h"
#include "base/ring.h"
#include "conf/config.h"
#include "gateway/admin/snapshot.h"
#include "gateway/net/dialer.h"
#include "gateway/net/tick.h"
#include "gateway/redis/cache_shared.h"
#include "gateway/redis/client.h"
#include "gateway/redis/counters.h"
#include "gateway/redis/lanes.h"
#include "gateway/redis/leases.h"
#include "gateway/redis/pub_sub.h"
#include "gateway/redis/replicas.h"
#include "gateway/redis/reply_value.h"
#include "gateway/redis/server.h"
#include "pools/big_keys.h"
#include "pools/hot_keys.h"
#include "pools/slow_log.h"

namespace forebay::redis {

class RedisWorker;

class WorkerCache final : public net::Mortal {
 public:
  WorkerCache(RedisWorker& worker, std::shared_ptr<CacheShared> shared, conf::Cache settings);
  ~WorkerCache() override;

  // ---- for clients
  // The connection for a request that needs none of its own.
  [[gnu::hot]] Server& lane(redisproto::Resp resp, uint32_t database, bool slow) {
    return lanes_.choose(resp, database, slow);
  }
  // The server is full: the client is told when there is room.
  void waitForRoom(Client& client, Server& server);
  // A connection of its own: see leases.h. withdraw() is also for who waits for room.
  void lease(Client& client) { leases_.lease(client); }
  void withdraw(Client& client) { leases_.withdraw(client); }
  void giveBack(Server& server, bool clean) { leases_.giveBack(server, clean); }
  [[gnu::hot]] bool isBig(Bytes key, Instant now) const { return big_keys_->known(key, now); }
  [[gnu::hot]] void touched(Bytes key) {
    if (hot_keys_->due()) hot_keys_->sample(key, clock());
  }
  PubSub& pubSub() { return pub_sub_; }

  // ---- for servers
  net::Dialer::Target dialTarget(const Replica* replica = nullptr) const;  // without one: where hasNode()
  void learned(const HelloReply& hello);
  void serverReady(Server& server);
  void dialFailed(Server& server, const std::string& reason);
  void connectionLost(Server& server);
  void serverRested(Server& server);
  void serverClosed(Server& server);
  void roomAgain();
  void detour(Server& server, Bytes request, uint64_t size, Instant now);
  void detourEnded(Server& server);
  bool mayOpenShared() const { return shared_servers_ < kMostShared; }  // beyond one for each lane's begin
  [[gnu::hot]] void published(Bytes value);
  void answered(Server& server, Bytes reply);
  bool keepsTrying(const Server& server) const;
  Duration retryPause(unsigned failures);  // after so many failures in a row before this one
  std::string whyUnreachable(Duration waited) const;
  // Redis knows us and will not have us: to wait longer is of no use.
  bool loginRefused() const;
  bool refused() const { return refused_; }  // the last failure was Redis' own word
  void slow(const Owed& owed, Duration total);
  void log(std::string_view event, const Server& server);

  // ---- the node behind it
  // There is one to dial: the settings name it, or the Sentinels and itself say that it is the primary.
  bool hasNode() const { return node_.has_value(); }
  std::string nodeName() const;  // "10.0.0.1:6379", for a person
  // Sentinels tell who is the primary; else it is always the same.
  [[gnu::hot]] bool follows() const { return follows_; }
  // Another node is primary, or none: every connection to the old one is given up.
  void follow(failover::TopologyPtr topology);
  void doubt();  // a healthy primary would not have done that
  bool speaksHello() const { return speaks_hello_; }
  void speaksNoHello() { speaks_hello_ = false; }  // nor RESP3: it is older than Redis 6
  uint64_t epoch() const { return epoch_; }
  const FactsPtr& facts() const { return facts_; }
  const redisproto::CommandTable& commands() const { return *facts_->commands; }
  // The command of a request. Pipelines repeat themselves, so the one that was asked for last is looked at
  // first.
  [[gnu::hot]] const redisproto::Command* commandOf(const std::vector<Bytes>& args) {
    if (args[0].size() == last_.size && std::memcmp(args[0].data(), last_.name.data(), last_.size) == 0)
      return last_.command;
    return lookUp(args);
  }
  const redisproto::Command* scriptLoad() const { return commands().byName("script|load"); }
  void apply(FactsPtr facts);
  void forgetLoaded();  // Redis may know no script any more
  pools::ScriptMemo& scriptMemo() { return script_memo_; }

  // ---- its replicas
  // They take reads, of those commands that they may.
  [[gnu::hot]] bool splitsReads() const { return splits_reads_; }
  bool readsOwnWrites() const { return reads_own_writes_; }  // no client reads what is older
  ReadReplicas& replicas() { return replicas_; }
  void followReplicas(const failover::ReplicasPtr& replicas);
  void readGoesTo(const Server& server);
  void wantProof();  // of what they have
  Server* preferred(Server& replica, bool slow);
  Server* readAgain(Client& client);  // where a replica has failed; null: nowhere
  Server& laneBeside(const Server& server, bool slow);
  std::vector<Server*> serversOf(const Replica* replica);
  std::string noReplicaError() const;

  // ---- its users
  UserPtr findUser(Bytes name) const;
  // What the user may do; null: whatever the backend lets him.
  const redisproto::Acl* acl(const UserPtr& user);
  // Lets in who needs no password.
  void welcome(Client& client);

  // ---- life
  void applySettings(conf::Cache settings);
  void watchNode();  // this worker asks the node what it knows, and how it is
  void closeAll(std::string_view reason);
  void closeClients(std::string_view reason);
  void closeIdle(Instant now);
  bool closing() const { return closing_; }
  bool empty() const { return servers_.empty(); }

  // ---- for its parts
  Leases& leases() { return leases_; }
  Server& makeSubscriber();
  Server& makeShared(redisproto::Resp resp, uint32_t database, Replica* replica) {
    return makeServer(Server::Kind::kShared, resp, database, replica);
  }
  Server& makeLeased(redisproto::Resp resp, uint32_t database) {
    return makeServer(Server::Kind::kLeased, resp, database);
  }

  RedisWorker& worker() { return worker_; }
  CacheShared& shared() { return *shared_; }
  Instant clock();
  const std::string& name() const { return settings_.name; }
  const conf::Cache& settings() const { return settings_; }
  const conf::RedisSettings& config() const;
  Duration commandTimeout() const { return settings_.command_timeout.value_or(config().command_timeout); }
  Duration commandWaitTimeout() const {
    return settings_.command_wait_timeout.value_or(config().command_wait_timeout);
  }
  uint32_t leasePoolSize() const { return settings_.lease_pool_size.value_or(config().lease_pool_size); }
  uint32_t minLeases() const;  // to be kept on this worker: the first one keeps them for all
  Instant::duration slowFrom() const { return slow_from_; }
  CacheCounters& counters() { return *counters_; }
  Server* findServer(uint64_t id);
  IntrusiveList<Client, InCacheClients>& clients() { return clients_; }
  void fill(admin::Snapshot& out, bool clients, bool slow_log, bool keys);

 private:
  // Slow readers of large values could make it open one after the other.
  static constexpr size_t kMostShared = 64;

  Server& makeServer(Server::Kind kind, redisproto::Resp resp, uint32_t database, Replica* replica = nullptr);
  Lanes& lanesOf(const Server& server);
  void applyReads();
  const redisproto::Command* lookUp(const std::vector<Bytes>& args);
  void askNode();
  void polled(Bytes reply);
  void resolveUsers();
  void replaceServers();
  void forgetNode();
  void fillNode(admin::RedisNodeRow& out);
  void fillTopology(admin::Snapshot& out, const Followed& followed);
  void fillReplicas(admin::Snapshot& out, const Followed& followed);
  void count(admin::RedisCacheRow& out, const Server& server);

  RedisWorker& worker_;
  const std::shared_ptr<CacheShared> shared_;
  conf::Cache settings_;
  FactsPtr facts_;
  std::vector<FactsPtr> old_facts_;
  struct {
    size_t size = 0;
    std::array<char, 16> name{};  // as the client wrote it
    const redisproto::Command* command = nullptr;
  } last_;
  Users users_;
  std::map<std::string, std::shared_ptr<const redisproto::Acl>, std::less<>> acls_;
  pools::ScriptMemo script_memo_;
  Instant::duration slow_from_;
  uint64_t* primary_reads_ = nullptr;   // where replicas take reads
  std::optional<conf::HostPort> node_;  // behind it; none: no primary is known
  failover::TopologyPtr topology_;      // null: nothing was told yet, or there are no Sentinels
  bool follows_ = false, splits_reads_ = false, reads_own_writes_ = false;
  Instant doubted_at_{}, wanted_at_{};
  uint64_t epoch_ = 1;  // of what is known to be behind the address
  bool speaks_hello_ = true;
  IntrusiveList<Server, InServerList> servers_;
  size_t shared_servers_ = 0;  // of them
  Lanes lanes_;
  ReadReplicas replicas_;
  IntrusiveList<Client, InWaitQueue> room_queue_;
  IntrusiveList<Client, InCacheClients> clients_;
  std::unique_ptr<CacheCounters> counters_;
  std::unique_ptr<pools::HotKeys> hot_keys_;
  std::unique_ptr<pools::BigKeys> big_keys_;
  pools::SlowLog slow_log_;
  Leases leases_;
  PubSub pub_sub_;
  std::string refusal_;   // why there is no connection, in words
  bool refused_ = false;  // Redis itself said so
  net::Tick watch_tick_;
  Server* watcher_ = nullptr;  // its connection for asking the node
  bool watches_ = false, closing_ = false, asked_commands_ = false;
  size_t commands_hash_ = 0;  // of the reply to COMMAND that facts_->commands was made from
  enum class Question : uint8_t { kCommand, kDatabases, kInfo };
  Ring<Question> questions_;
  NodeFacts learning_;
};

}  // namespace forebay::redis
