#include "gateway/redis/worker_cache.h"

#include <algorithm>

#include "base/backoff.h"
#include "conf/address.h"
#include "gateway/redis/redis_worker.h"

namespace forebay::redis {

using redisproto::Resp;

WorkerCache::WorkerCache(RedisWorker& worker, std::shared_ptr<CacheShared> shared, conf::Cache settings)
    : worker_(worker),
      shared_(std::move(shared)),
      settings_(std::move(settings)),
      facts_(std::make_shared<NodeFacts>()),
      script_memo_(shared_->scripts),
      slow_from_(worker.redis().slowlog_log_slower_than),
      lanes_(*this),
      replicas_(*this),
      counters_(std::make_unique<CacheCounters>()),
      hot_keys_(std::make_unique<pools::HotKeys>()),
      big_keys_(std::make_unique<pools::BigKeys>()),
      slow_log_(worker.redis().slowlog_max_len),
      leases_(*this),
      pub_sub_(*this),
      watch_tick_(worker.loop(), [this] { askNode(); }) {
  follows_ = settings_.hasSentinels();
  forgetNode();
  applySettings(settings_);
  const Followed followed = shared_->followed();
  if (follows_ && followed.topology) follow(followed.topology);
  followReplicas(followed.replicas);
}

WorkerCache::~WorkerCache() {
  while (!servers_.empty()) delete &servers_.front();
}

Instant WorkerCache::clock() { return worker_.loop().now(); }

const conf::RedisSettings& WorkerCache::config() const { return worker_.redis(); }

uint32_t WorkerCache::minLeases() const {
  return worker_.index() == 0 ? settings_.min_lease_pool_size.value_or(config().min_lease_pool_size) : 0;
}

// ---- shared connections

Server& WorkerCache::makeServer(Server::Kind kind, Resp resp, uint32_t database, Replica* replica) {
  auto* server =
      new Server(*this, kind, resp, database, replica != nullptr ? replica->shared_from_this() : nullptr);
  servers_.pushBack(*server);
  shared_servers_ += kind == Server::Kind::kShared;
  return *server;
}

Server* WorkerCache::findServer(uint64_t id) {
  return servers_.find([id](Server& server) { return server.id() == id; });
}

void WorkerCache::waitForRoom(Client& client, Server& server) {
  server.tellWhenRoom(clock());
  if (!client.ListNode<InWaitQueue>::linked()) room_queue_.pushBack(client);
}

void WorkerCache::roomAgain() {
  while (!room_queue_.empty()) {
    Client& next = room_queue_.front();
    next.ListNode<InWaitQueue>::unlink();
    worker_.resumeSoon(next);
  }
}

void WorkerCache::detour(Server& server, Bytes request, uint64_t size, Instant now) {
  counters_->detours.add();
  redisproto::RequestProgress progress;
  redisproto::Request& parsed = worker_.scratchRequest();
  if (redisproto::scanRequest(request, {}, progress, parsed) == redisproto::RequestScan::kRequest) {
    const redisproto::Command* command = commandOf(parsed.args);
    const Bytes* key = command != nullptr ? redisproto::firstKey(*command, parsed.args) : nullptr;
    if (key != nullptr) big_keys_->seen(*key, size, now);
  }
  lanesOf(server).avoid(server);
}

void WorkerCache::detourEnded(Server& server) {
  if (!lanesOf(server).takeBack(server)) server.retire();
}

// ---- told by servers

net::Dialer::Target WorkerCache::dialTarget(const Replica* replica) const {
  return targetOf(worker_.settings(), replica != nullptr ? replica->host : *node_,
                  serverTlsMode(config(), settings_));
}

void WorkerCache::serverReady(Server& server) {
  if (server.replica() != nullptr) return replicas_.ready(*server.replica());
  shared_->reached(std::chrono::system_clock::now());
  refusal_.clear();
  refused_ = false;
  if (server.kind() == Server::Kind::kSubscriber) return pub_sub_.connected(server);
  if (&server == watcher_) return askNode();
  if (server.kind() == Server::Kind::kLeased) leases_.ready(server);
}

void WorkerCache::dialFailed(Server& server, const std::string& reason) {
  worker_.log().warning() << "cache " << name() << ", " << nodeName() << ": " << reason;
  doubt();
  // One more for a crowd, of which Redis may have had enough: nobody waits for it, and the others serve.
  const auto serves = [](Server& each) {
    return each.kind() == Server::Kind::kShared && each.replica() == nullptr &&
           each.state() == Server::State::kReady;
  };
  if (server.kind() == Server::Kind::kShared && server.owed() == 0 && servers_.find(serves) != nullptr)
    return;
  shared_->unreachable(std::chrono::system_clock::now(), reason);
  const std::string word = reason.substr(0, reason.find(' '));  // as of "LOADING Redis is loading ..."
  refused_ =
      word.size() < reason.size() && std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
  refusal_ = reason;
  if (server.kind() == Server::Kind::kLeased && &server != watcher_) leases_.dialFailed();
}

bool WorkerCache::loginRefused() const {
  return refusal_.starts_with("WRONGPASS ") || refusal_.starts_with("NOAUTH ") ||
         refusal_.starts_with("NOPERM ");
}

Duration WorkerCache::retryPause(unsigned failures) {
  const Duration longest = std::max<Duration>(config().server_login_retry, milliseconds(1));  // 0: no pause
  return backoff(milliseconds(50), failures, longest, worker_.jitter());
}

// Redis' own words where it has spoken; else ours.
std::string WorkerCache::whyUnreachable(Duration waited) const {
  if (refused_) return refusal_;
  const std::string time =
      " within " + std::to_string(std::chrono::duration_cast<milliseconds>(waited).count()) + " ms";
  if (!node_) {
    const failover::TopologyPtr topology = shared_->followed().topology;
    return "ERR cache " + name() + ": no primary" + time +
           (topology && !topology->why.empty() ? " (" + topology->why + ")" : "") +
           "; the command was not executed";
  }
  return "ERR cache " + name() + ": no connection to Redis at " + nodeName() + time +
         (refusal_.empty() ? "" : " (" + refusal_ + ")") + "; the command was not executed";
}

void WorkerCache::forgetLoaded() {
  servers_.forEach([](Server& server) { server.loaded().clear(); });
}

void WorkerCache::connectionLost(Server& server) {
  forgetLoaded();  // it may have been Redis itself that went
  shared_->lost(clock());
  doubt();
  if (server.kind() == Server::Kind::kShared)
    shared_->unreachable(std::chrono::system_clock::now(), "connection lost");
}

// The next request makes another one: nothing is lost with it, and nobody sees connections that long are
// gone.
void WorkerCache::serverRested(Server& server) { server.close("it was lost, and nobody waits for it"); }

void WorkerCache::serverClosed(Server& server) {
  lanesOf(server).remove(server);
  shared_servers_ -= server.kind() == Server::Kind::kShared;
  worker_.loop().bury(std::unique_ptr<Server>(&server));
  if (&server == watcher_) {
    watcher_ = nullptr;
    questions_.clear();
    asked_commands_ = false;  // another Redis may answer next
    if (!closing_) watch_tick_.in(milliseconds(500));
    return;
  }
  if (server.kind() == Server::Kind::kSubscriber) return pub_sub_.lost(server);
  if (server.kind() == Server::Kind::kLeased) leases_.closed(server);
}

void WorkerCache::published(Bytes value) { pub_sub_.received(value); }

void WorkerCache::answered(Server& server, Bytes reply) {
  if (&server == watcher_) return polled(reply);
  if (reply.empty() || reply[0] == '+') return;
  server.close("Redis refused SELECT: " + std::string(errorText(reply)));
}

bool WorkerCache::keepsTrying(const Server& server) const {
  return &server == watcher_ || (server.kind() == Server::Kind::kSubscriber && pub_sub_.wanted());
}

void WorkerCache::slow(const Owed& owed, Duration total) {
  if (owed.client == nullptr || owed.command == nullptr || config().slowlog_max_len == 0) return;
  if (owed.command->is(redisproto::flag::kBlocking)) return;
  if (owed.command->special == redisproto::Special::kWait) return;
  pools::SlowRequest request;
  request.at = std::chrono::system_clock::now();
  request.command = owed.command->name;
  request.gateway = microseconds(owed.waited_us);
  request.backend = total - request.gateway;
  request.client = owed.client->id();
  request.address = owed.client->peer().text();
  slow_log_.add(std::move(request));
}

void WorkerCache::log(std::string_view event, const Server& server) {
  if (!worker_.log().wants(conf::LogLevel::kInfo)) return;
  const std::string peer = server.nodeName().empty() ? nodeName() : server.nodeName();
  worker_.log().info({'S', server.id(), name(), settings_.user, peer}) << event;
}

// ---- life

void WorkerCache::applySettings(conf::Cache settings) {
  const bool elsewhere = !(settings.host == settings_.host) || settings.user != settings_.user ||
                         settings.password != settings_.password ||
                         settings.server_tls_sslmode != settings_.server_tls_sslmode ||
                         settings.master != settings_.master ||
                         settings.hasSentinels() != settings_.hasSentinels();
  const bool same_primary = settings.hasSentinels() && settings.master == settings_.master;
  settings_ = std::move(settings);
  follows_ = settings_.hasSentinels();
  if (!same_primary) forgetNode();
  shared_->leases.setLimit(leasePoolSize());
  slow_log_.setMaxLen(config().slowlog_max_len);
  slow_from_ = config().slowlog_log_slower_than > Duration::zero() ? config().slowlog_log_slower_than
                                                                   : Instant::duration::max();
  users_ = makeUsers(settings_);
  acls_.clear();
  applyReads();
  if (elsewhere) replaceServers();
  resolveUsers();
  leases_.openMinimum();
}

// Where it is now is known from the settings, or has yet to be told.
void WorkerCache::forgetNode() {
  topology_.reset();
  node_.reset();
  if (!follows_) node_ = settings_.host;
}

// Each connection goes as soon as nothing is owed on it; what comes from now on takes new ones.
void WorkerCache::replaceServers() {
  ++epoch_;
  refusal_.clear();
  refused_ = false;
  speaks_hello_ = true;
  leases_.forgetFailures();
  std::vector<Server*> all;
  servers_.forEach([&](Server& server) { all.push_back(&server); });
  lanes_.clear();
  shared_->lost(clock());
  replicas_.forgetConnections();
  for (Server* server : all) {
    if (server->kind() == Server::Kind::kSubscriber || server == watcher_) {
      server->close("the settings have changed");
    } else {
      server->retire();
    }
  }
}

void WorkerCache::closeIdle(Instant now) {
  const Duration limit = config().server_idle_timeout;
  if (limit == Duration::zero()) return;
  leases_.closeIdle(now - limit);
  std::vector<Server*> old;
  servers_.forEach([&](Server& server) {
    if (server.kind() != Server::Kind::kShared || !server.idle() || now - server.idleSince() < limit) return;
    if (server.state() == Server::State::kDialling || server.state() == Server::State::kGreeting) return;
    old.push_back(&server);
  });
  for (Server* server : old) server->close("idle for server_idle_timeout");
}

void WorkerCache::closeAll(std::string_view reason) {
  closing_ = true;
  std::vector<Server*> all;
  servers_.forEach([&](Server& server) { all.push_back(&server); });
  for (Server* server : all) server->close(reason);
}

}  // namespace forebay::redis
