// What a worker tells of itself: its part of a Snapshot.
#include <sys/socket.h>

#include "conf/address.h"
#include "gateway/postgres/cancel.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/read_router.h"
#include "gateway/postgres/server.h"

namespace forebay::postgres {
namespace {

microseconds toMicroseconds(Duration duration) { return std::chrono::duration_cast<microseconds>(duration); }

void fillCounters(admin::PoolCounters& out, const pools::PoolCounters& in) {
  out.server_assignments += in.server_assignments.get();
  out.transactions += in.transactions.get();
  out.queries += in.queries.get();
  out.client_bytes += in.bytes_received.get();
  out.server_bytes += in.bytes_sent.get();
  out.client_parses += in.client_parses.get();
  out.server_parses += in.server_parses.get();
  out.binds += in.binds.get();
  out.waits += in.waits.get();
  out.cancels += in.cancels.get();
  out.server_logins += in.server_logins.get();
  out.server_login_failures += in.server_login_failures.get();
  out.pins += in.pins.get();
  out.timeouts["query_wait_timeout"] += in.wait_timeouts.get();
  out.timeouts["query_timeout"] += in.query_timeouts.get();
  out.timeouts["transaction_timeout"] += in.transaction_timeouts.get();
  out.timeouts["idle_transaction_timeout"] += in.idle_transaction_timeouts.get();
  out.timeouts["client_idle_timeout"] += in.client_idle_timeouts.get();
  out.rejected["max_client_connections"] += in.rejected.get();
  out.wait += in.wait.snapshot();
  out.query += in.query.snapshot();
  out.transaction += in.transaction.snapshot();
}

void countServer(admin::PoolRow& row, const Server& server, Instant now, Duration check_delay) {
  switch (server.state()) {
    case Server::State::kLogin: ++row.sv_login; return;
    case Server::State::kIdle: ++(now - server.idle_since >= check_delay ? row.sv_used : row.sv_idle); return;
    case Server::State::kPreparing:
    case Server::State::kCleaning: ++row.sv_tested; return;
    case Server::State::kLent: ++row.sv_active; return;
    case Server::State::kCanceling: ++row.sv_being_canceled; return;
    case Server::State::kClosed: return;
  }
}

// A pool of replication connections, or of auth_query, is shown with the ordinary one of its database and
// user: what else is in its name, the client has chosen.
void fillPool(admin::PoolRow& row, WorkerPool& pool, Instant now, Duration check_delay) {
  if (pool.settings().pool_size >= row.pool_size) {
    row.pool_mode = pool.settings().pool_mode;
    row.pool_size = pool.settings().pool_size;
    row.reserve_pool_size = pool.settings().reserve_pool_size;
  }
  pool.clients().forEach([&](Client& client) {
    switch (client.state()) {
      case Client::State::kActive: ++row.cl_active; break;
      case Client::State::kWaiting: ++row.cl_waiting; break;
      case Client::State::kIdle: ++row.cl_idle; break;
      case Client::State::kLogin:
      case Client::State::kConsole:
      case Client::State::kClosed: break;
    }
    for (uint32_t i = 0; i < pools::Pins::kReasons && client.pins().any(); ++i) {
      const auto reason = static_cast<pools::Pins::Reason>(1u << i);
      if (client.pins().has(reason)) ++row.pinned[pools::Pins::nameOf(reason)];
    }
  });
  pool.servers().forEach([&](Server& server) { countServer(row, server, now, check_delay); });
  const Cancels::Load cancels = pool.worker().cancels().load(pool);
  row.sv_active_cancel += cancels.active;
  row.cl_active_cancel_req += cancels.active;
  row.cl_waiting_cancel_req += cancels.waiting;
  if (const pools::Waiter* oldest = pool.core().oldestWaiter())
    row.oldest_wait = std::max(row.oldest_wait, toMicroseconds(now - oldest->waiting_since));
  fillCounters(row.counters, pool.counters());
}

void fillParameters(admin::ConnectionRow& row, const pools::ParametersRef& parameters) {
  if (!parameters) return;
  const auto value = [&](Bytes name) {
    const std::string* found = parameters->find(name);
    return found != nullptr ? *found : std::string();
  };
  row.application_name = value("application_name");
  row.client_encoding = value("client_encoding");
  row.standard_conforming_strings = value("standard_conforming_strings");
  row.datestyle = value("DateStyle");
  row.timezone = value("TimeZone");
}

// What the pool's servers are for; such pools are their one client's own.
admin::Replication replicationOf(const WorkerPool& pool) {
  const auto& parameters = pool.database().startup_parameters;
  const auto kind = parameters.find("replication");
  if (kind == parameters.end()) return admin::Replication::kNone;
  return kind->second == kLogicalReplication ? admin::Replication::kLogical : admin::Replication::kPhysical;
}

// On a Unix socket the kernel knows who is at the other end.
uint32_t peerPid(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool told = ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0;
  return told ? static_cast<uint32_t>(peer.pid) : 0;
}

void fillLocal(admin::ConnectionRow& row, const net::Socket& socket) {
  row.fd = socket.fd();
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  if (socket.fd() >= 0 && ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&local), &size) == 0) {
    const net::SocketAddress address(reinterpret_cast<sockaddr*>(&local), size);
    row.local_addr = address.isUnix() ? "unix" : address.host();
    row.local_port = address.isUnix() ? 0 : address.port();
    if (address.isUnix() && row.remote_pid == 0) row.remote_pid = peerPid(socket.fd());
  }
  if (socket.hasTls()) row.tls = socket.tls()->description();
}

// On the clock on the wall; the default stays "never".
WallTime wallTimeOf(Instant at, Instant now) {
  if (at == Instant{}) return {};
  return std::chrono::system_clock::now() -
         std::chrono::duration_cast<std::chrono::system_clock::duration>(now - at);
}

// When the server was asked last: by the client that has it, or by the one that gave it back.
Instant requestAt(const Server& server) {
  const auto* client = dynamic_cast<const Client*>(server.borrower());
  return client != nullptr && client->requestAt() != Instant{} ? client->requestAt() : server.idle_since;
}

admin::ClientRow clientRow(const Client& client, Instant now) {
  admin::ClientRow row;
  row.id = client.id();
  row.database = client.database();
  row.user = client.user();
  switch (client.state()) {
    case Client::State::kLogin:
      row.state = client.waiting()       ? admin::ClientState::kWaiting
                  : client.sendsCancel() ? admin::ClientState::kActiveCancelReq
                                         : admin::ClientState::kLogin;
      break;
    case Client::State::kActive: row.state = admin::ClientState::kActive; break;
    case Client::State::kWaiting: row.state = admin::ClientState::kWaiting; break;
    case Client::State::kIdle:
    case Client::State::kConsole:
    case Client::State::kClosed: row.state = admin::ClientState::kIdle; break;
  }
  if (client.server() != nullptr) row.link_id = client.server()->id();
  if (client.waiting()) row.wait = toMicroseconds(now - client.waiting_since);
  row.request_time = wallTimeOf(client.requestAt(), now);
  row.connect_time = client.connectedWall();
  row.addr = client.peer().host();
  row.port = client.peer().port();
  if (client.replication()) row.replication = replicationOf(*client.pool());
  row.prepared_statements = client.preparedStatements();
  row.unsent_bytes = static_cast<uint32_t>(client.keptBytes());
  fillParameters(row, client.wantedParameters());
  fillLocal(row, client.socket());
  return row;
}

// Has it proved who it is, but its pool no server yet that tells what to greet it with?
bool isQueuedLogin(const Client& client) {
  return client.state() == Client::State::kLogin && client.waiting();
}

admin::ServerState stateOf(const Server& server, Instant now, Duration check_delay) {
  switch (server.state()) {
    case Server::State::kLogin: return admin::ServerState::kLogin;
    case Server::State::kIdle:
      return now - server.idle_since >= check_delay ? admin::ServerState::kUsed : admin::ServerState::kIdle;
    case Server::State::kLent: return admin::ServerState::kActive;
    case Server::State::kCanceling: return admin::ServerState::kBeingCanceled;
    case Server::State::kPreparing:
    case Server::State::kCleaning:
    case Server::State::kClosed: break;
  }
  return admin::ServerState::kTested;
}

admin::ServerRow serverRow(Server& server, Instant now, Duration check_delay) {
  admin::ServerRow row;
  row.id = server.id();
  row.database = entryNameOf(server.pool().databaseName());
  row.user = server.pool().user();
  row.state = stateOf(server, now, check_delay);
  row.replication = replicationOf(server.pool());
  if (server.borrower() != nullptr) row.link_id = server.borrower()->borrowerId();
  row.connect_time = server.connectedWall();
  row.request_time = wallTimeOf(requestAt(server), now);
  row.close_needed = server.closeNeeded();
  row.remote_pid = server.backendPid();
  row.addr = server.host().isUnix() ? "unix" : server.host().host;
  row.port = server.host().port;
  row.prepared_statements = static_cast<uint32_t>(server.prepared().size());
  row.unsent_bytes = static_cast<uint32_t>(server.keptBytes());
  fillParameters(row, server.parameters);
  fillLocal(row, server.socket());
  return row;
}

}  // namespace

void PostgresWorker::fillReads(admin::Snapshot& out) {
  for (const auto& [entry, counted] : read_counters) {
    admin::ReadRows& reads = out.topology(entry).reads;
    for (const auto& [node, count] : counted.at) reads.of(node).reads += count.get();
    reads.behind += counted.behind.get();
    reads.asked_again += counted.asked_again.get();
    reads.floors += counted.floors.get();
  }
  forEachPool([&](WorkerPool& pool) {
    if (pool.reads() == nullptr) return;
    admin::ReadRows& reads = out.topology(pool.database().name).reads;
    for (ReadRouter::Standing& standing : pool.reads()->standings(loop_.now()))
      reads.of(conf::format(standing.host)).why = std::move(standing.why);
  });
}

void PostgresWorker::fillHolds(admin::Snapshot& out) {
  for (const auto& [entry, counted] : hold_counters) {
    if (shared_.topologies.of(entry) == nullptr) continue;
    admin::DatabaseTopology& row = out.topology(entry);
    row.held_total += counted.held.get();
    row.released += counted.released.get();
    row.held_refused += counted.refused.get();
  }
  forEachPool([&](WorkerPool& pool) {
    if (pool.heldSince() != kNever)
      out.topology(pool.database().name).held += static_cast<uint32_t>(pool.core().waiting());
  });
}

void PostgresWorker::fill(admin::Snapshot& out, bool connections, bool pins, bool prepared) {
  const Instant now = loop_.now();
  const Duration check_delay = postgres().server_check_delay;
  forEachPool([&](WorkerPool& pool) {
    fillPool(out.pool(entryNameOf(pool.databaseName()), pool.user()), pool, now, check_delay);
    if (connections)
      pool.servers().forEach(
          [&](Server& server) { out.servers.push_back(serverRow(server, now, check_delay)); });
    if (!prepared) return;
    pool.servers().forEach([&](Server& server) {
      server.prepared().forEach([&](const pools::StatementKey& key) {
        admin::PreparedRow row;
        row.server_id = server.id();
        row.database = entryNameOf(pool.databaseName());
        row.user = pool.user();
        row.name = pools::serverName(key);
        if (const pools::Statement* statement = statements_.find(key)) {
          row.clients = statement->references;
          row.sql_length = static_cast<uint32_t>(statement->sql.size());
        }
        row.sql_hash = pools::StatementKeyHash{}(key);
        out.prepared.push_back(std::move(row));
      });
    });
  });
  fillHolds(out);
  fillReads(out);
  uint32_t queued_logins = 0;
  clients_.forEach([&](const Client& client) {
    if (isQueuedLogin(client)) {
      ++queued_logins;
      ++out.pool(entryNameOf(client.pool()->databaseName()), client.pool()->user()).cl_waiting;
    }
    if (connections) out.clients.push_back(clientRow(client, now));
    if (!pins || !client.pins().any()) return;
    out.pins.push_back({client.id(), client.server() != nullptr ? client.server()->id() : 0,
                        std::string(client.database()), std::string(client.user()), client.pins().names(),
                        client.pinnedSince()});
  });
  out.process.connections_accepted += connections_accepted;
  out.process.buffer_bytes += loop_.buffers().bytesLent();
  out.process.login_clients += login_clients - queued_logins;
  out.process.console_clients += console_clients;
  out.process.dns_queries += static_cast<uint32_t>(resolver_->names());
  out.process.dns_pending += static_cast<uint32_t>(resolver_->pendingNames());
  for (const auto& [reason, count] : rejected) out.process.rejected[reason] += count;
  for (const auto& [peer, cancels] : cancels_->forwards())
    out.peer_pools.push_back({peer, cancels, 0, cancels, 0});
  if (connections) cancels_->fill(out);
  out.memory.push_back({"client_cache", sizeof(Client), clients_.size(), 0});
  out.memory.push_back({"iobuf_cache", 4096, loop_.buffers().bytesLent() / 4096, 0});
  out.memory.push_back({"var_list_cache", sizeof(pools::Parameters), parameters_.size(), 0});
  out.memory.push_back({"server_prepared_statement_cache", sizeof(pools::Statement), statements_.size(), 0});
  for (const net::Resolver::Known& known : resolver_->known(now)) {
    std::string addresses;
    for (const net::SocketAddress& address : known.addresses)
      addresses += (addresses.empty() ? "" : ",") + address.host() + ":0";
    out.dns.push_back({known.name, std::chrono::duration_cast<seconds>(known.ttl), std::move(addresses)});
  }
}

}  // namespace forebay::postgres
