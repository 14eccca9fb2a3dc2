#include "gateway/postgres/cancel.h"

#include <algorithm>

#include "gateway/admin/snapshot.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/scram.h"
#include "pgproto/startup.h"

namespace forebay::postgres {
namespace {

// Cancels that wait for their turn; more are dropped, as a lost packet would be.
constexpr size_t kMaxQueued = 1024;
// CancelRequests on their way to other gateways.
constexpr ptrdiff_t kMaxForwards = 100;

}  // namespace

// A request travels one hop, as long as every peer is listed under its own number.
void Cancels::forward(uint32_t gateway, uint32_t pid, const std::string& secret, CancelCaller caller) {
  const auto& peers = worker_.postgres().peers;
  const auto peer = std::find_if(peers.begin(), peers.end(),
                                 [&](const conf::Peer& each) { return each.peer_id == gateway; });
  const auto on_their_way = std::count_if(flights_.begin(), flights_.end(),
                                          [](const Flight& flight) { return flight.pool == nullptr; });
  if (gateway == 0 || peer == peers.end() || on_their_way >= kMaxForwards) return caller.tell();
  std::string request;
  pgproto::appendCancelRequest(request, pid, secret);
  start({nullptr, nullptr, std::move(caller), nullptr, gateway}, std::move(request),
        {peer->address, conf::SslMode::kDisable});
}

Cancels::Cancels(PostgresWorker& worker) : worker_(worker) {}
Cancels::~Cancels() = default;

void Cancels::requested(uint32_t pid, std::string secret, CancelCaller caller) {
  const ClientPid target = ClientPid::decode(pid);
  if (target.gateway != worker_.postgres().peer_id)
    return forward(target.gateway, pid, secret, std::move(caller));
  auto& workers = worker_.shared().workers;
  if (target.worker >= workers.size()) return caller.tell();
  if (target.worker == worker_.index()) return arrived(target.slot, secret, std::move(caller));
  const uint32_t origin = worker_.index();
  CancelCaller from_here{caller.client, [&workers, origin, caller] {
                           workers[origin]->post([caller](PostgresWorker&) { caller.tell(); });
                         }};
  workers[target.worker]->post(
      [slot = target.slot, secret = std::move(secret), from_here](PostgresWorker& there) mutable {
        there.cancels().arrived(slot, secret, std::move(from_here));
      });
}

void Cancels::arrived(uint32_t slot, const std::string& secret, CancelCaller caller) {
  Client* client = worker_.clients().at(slot);
  // The comparison takes the same time whichever byte is wrong.
  if (client == nullptr || !pgproto::equalConstantTime(client->cancelSecret(), secret)) return caller.tell();
  client->cancel(std::move(caller));
}

void Cancels::cancelServer(Server& server, CancelCaller caller) {
  WorkerPool& pool = server.pool();
  pool.counters().cancels.add();
  if (load(pool).active < widthOf(pool)) return launch(server, std::move(caller));
  if (queue_.size() >= kMaxQueued) return caller.tell();
  const Instant now = worker_.loop().now();
  queue_.push_back(
      {&pool, server.id(), std::move(caller), deadlineAfter(now, worker_.postgres().cancel_wait_timeout)});
  server.cancelStarted();
}

void Cancels::launch(Server& server, CancelCaller caller) {
  server.cancelStarted();
  WorkerPool& pool = server.pool();
  std::string request;
  pgproto::appendCancelRequest(request, server.backendPid(), server.backendSecret());
  // As the server's own connection: to the same machine, whatever its name stands for by now, and with TLS
  // when that has it, so that the key is not sent in the clear.
  const conf::SslMode mode =
      pool.database().server_tls_sslmode.value_or(worker_.postgres().server_tls.sslmode);
  start({&pool, &server, std::move(caller), nullptr}, std::move(request),
        {server.host(), server.socket().hasTls() ? mode : conf::SslMode::kDisable,
         pool.database().server_direct_tls, server.socket().peerAddress()});
}

void Cancels::start(Flight flight, std::string request, ServerDialer::Target target) {
  const auto at = flights_.insert(flights_.end(), std::move(flight));
  at->id = worker_.shared().next_server_id.fetch_add(1, std::memory_order_relaxed);
  at->host = target.host;
  at->since = std::chrono::system_clock::now();
  at->flight = std::make_unique<CancelFlight>(worker_, std::move(request),
                                              [this, at](CancelFlight::End end) { landed(at, end); });
  at->flight->start(std::move(target));
}

void Cancels::landed(std::list<Flight>::iterator at, CancelFlight::End end) {
  Flight ended = std::move(*at);
  flights_.erase(at);
  worker_.loop().bury(std::move(ended.flight));
  if (ended.server != nullptr) ended.server->cancelEnded(end == CancelFlight::End::kMayStillHit);
  ended.caller.tell();
  if (ended.pool == nullptr) return;
  while (load(*ended.pool).active < widthOf(*ended.pool) && launchNext(*ended.pool)) {
  }
}

// The one that waits longest, unless it is needed no more. False: none waits.
bool Cancels::launchNext(WorkerPool& pool) {
  const auto next =
      std::find_if(queue_.begin(), queue_.end(), [&](const Queued& queued) { return queued.pool == &pool; });
  if (next == queue_.end()) return false;
  Queued queued = std::move(*next);
  queue_.erase(next);
  Server* target = pool.servers().find([&](Server& server) { return server.id() == queued.server_id; });
  const bool still_runs =
      target != nullptr && !target->tracker().nothingOwed() && worker_.loop().now() < queued.deadline;
  if (still_runs) launch(*target, std::move(queued.caller));
  if (target != nullptr)
    target->cancelEnded();  // it is counted as launched by now, or needs no cancel any more
  if (!still_runs) queued.caller.tell();
  return true;
}

void Cancels::forget(Server& server) {
  for (Flight& flight : flights_)
    if (flight.server == &server) flight.server = nullptr;
}

void Cancels::stop() {
  queue_.clear();
  for (Flight& flight : flights_) worker_.loop().bury(std::move(flight.flight));
  flights_.clear();
}

Cancels::Load Cancels::load(const WorkerPool& pool) const {
  Load load;
  for (const Flight& flight : flights_) load.active += flight.pool == &pool;
  for (const Queued& queued : queue_) load.waiting += queued.pool == &pool;
  return load;
}

void Cancels::fill(admin::Snapshot& out) const {
  const auto ofPool = [](auto& row, const WorkerPool& pool) {
    row.database = entryNameOf(pool.databaseName());
    row.user = pool.user();
  };
  for (const Flight& flight : flights_) {
    if (flight.pool == nullptr) continue;
    admin::ServerRow row;
    row.id = flight.id;
    row.link_id = flight.caller.client;
    row.state = admin::ServerState::kActiveCancel;
    row.addr = flight.host.isUnix() ? "unix" : flight.host.host;
    row.port = flight.host.port;
    row.connect_time = row.request_time = flight.since;
    row.fd = flight.flight->socket().fd();
    ofPool(row, *flight.pool);
    out.servers.push_back(std::move(row));
  }
  const auto add = [&](const auto& cancel, uint64_t server, bool waits) {
    if (cancel.pool == nullptr || cancel.caller.client == 0) return;
    admin::CancelRow row{cancel.caller.client, server, waits, {}, {}};
    ofPool(row, *cancel.pool);
    out.cancels.push_back(std::move(row));
  };
  for (const Flight& flight : flights_) add(flight, flight.id, false);
  for (const Queued& queued : queue_) add(queued, 0, true);
}

std::map<uint32_t, uint32_t> Cancels::forwards() const {
  std::map<uint32_t, uint32_t> by_peer;
  for (const Flight& flight : flights_)
    if (flight.pool == nullptr) ++by_peer[flight.peer_id];
  return by_peer;
}

// Twice the pool: every server may be cancelled, and as many again be on their way.
size_t Cancels::widthOf(const WorkerPool& pool) const {
  return 2 * std::max<size_t>(pool.settings().pool_size, 1);
}

}  // namespace forebay::postgres
