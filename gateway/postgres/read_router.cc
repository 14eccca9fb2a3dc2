#include "gateway/postgres/read_router.h"

#include <algorithm>

#include "conf/address.h"
#include "gateway/postgres/client.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/worker_pool.h"

namespace forebay::postgres {
namespace {

using conf::Reads;

// New texts that one turn of the loop parses, at up to some 100 us each; more are taken for writes this once.
constexpr uint32_t kParsedPerTurn = 8;
// The primary's number among the candidates: the last, behind all replicas.
constexpr uint8_t kPrimarySlot = pools::kMostCandidates - 1;

uint32_t busyIn(WorkerPool& pool) {
  const auto& core = pool.core();
  const auto servers = pool.entry().shared.servers();
  return servers - std::min<uint32_t>(servers, static_cast<uint32_t>(core.idle())) +
         static_cast<uint32_t>(core.waiting());
}

}  // namespace

ReadRouter::ReadRouter(WorkerPool& home)
    : home_(home),
      shapes_(home.worker().shapes(entryNameOf(home.databaseName()))),
      catalog_(home.databaseState().catalog),
      asker_(home),
      counters_(home.worker().read_counters[home.database().name]) {
  candidates_.reserve(pools::kMostCandidates);
}

conf::Database ReadRouter::replicaDatabase(const conf::Database& home, std::string_view asked,
                                           const conf::HostPort& host) {
  conf::Database replica = home;
  replica.hosts = {host};
  replica.target_session_attrs = conf::TargetSessionAttrs::kStandby;
  if (replica.dbname.empty()) replica.dbname = asked;
  return replica;
}

// ---- what a text does

pgproto::Classification ReadRouter::classify(Bytes sql) {
  const Instant now = home_.worker().loop().now();
  if (catalog_.due(now)) [[unlikely]]
    home_.worker().loadCatalog(home_);
  const pgproto::Classification* known = shapes_->find(sql, catalog_.epoch());
  if (known != nullptr) return *known;
  if (parsed_at_ != now) parsed_now_ = 0;
  parsed_at_ = now;
  if (++parsed_now_ > kParsedPerTurn) return {};
  return shapes_->learn(catalog_.current().get());
}

pgproto::Classification ReadRouter::classifyPrepared(const pools::Statement& statement) {
  const uint64_t epoch = catalog_.epoch();
  if (statement.classified_in == epoch && !catalog_.due(home_.worker().loop().now()))
    return statement.classification;
  const pgproto::Classification found = classify(statement.sql);
  if (found == pgproto::Classification()) return found;  // it was not looked at
  statement.classification = found;
  statement.classified_in = epoch;
  return found;
}

// ---- where it goes

void ReadRouter::topologyChanged() {
  const failover::TopologyPtr& topology = home_.topology();
  if (!topology) return replicas_.clear();
  setHosts(topology->nodes);
  const Instant now = home_.worker().loop().now();
  const conf::ReadSettings& settings = home_.database().reading;
  for (size_t node = 0; node < replicas_.size(); ++node) {
    Replica& replica = replicas_[node];
    const bool was_out = !replica.why.empty();
    replica.why = reasonAgainst(*topology, node, settings);
    replica.timeline = topology->nodes[node].timeline;
    replica.candidate.weight = conf::weightOf(settings, replica.host);
    if (!replica.why.empty()) continue;
    if (was_out && replica.has_served) replica.candidate.eligible_since = now;
    replica.has_served = true;
  }
}

void ReadRouter::setHosts(const std::vector<failover::Node>& nodes) {
  if (std::ranges::equal(nodes, replicas_, {}, &failover::Node::host, &Replica::host)) return;
  replicas_.clear();
  for (const failover::Node& node : nodes) {
    if (replicas_.size() == kPrimarySlot) break;
    Replica& added = replicas_.emplace_back();
    added.host = node.host;
    added.why = "nothing is known of it";
    added.reads = &counters_.at[conf::format(node.host)];
    added.candidate.slot = static_cast<uint8_t>(replicas_.size() - 1);
    added.candidate.name_hash = pools::stableHash(conf::format(node.host));
  }
}

std::string ReadRouter::reasonAgainst(const failover::Topology& topology, size_t node,
                                      const conf::ReadSettings& settings) {
  const failover::Node& about = topology.nodes[node];
  if (topology.primary == node) return "it is the primary";
  if (!topology.isReplica(node))
    return "it is " + std::string(failover::nameOf(about.state)) +
           (about.why.empty() ? "" : ": " + about.why);
  if (conf::weightOf(settings, about.host) == 0) return "its weight is 0";
  const uint64_t most_bytes = settings.max_replica_lag_bytes;
  if (most_bytes > 0 && about.lag_bytes.value_or(UINT64_MAX) > most_bytes)
    return "it is further behind than max_replica_lag_bytes";
  const Duration most = settings.max_replica_lag;
  if (most > Duration::zero() && about.lag.value_or(Duration::max()) > most)
    return "it is further behind than max_replica_lag";
  return {};
}

WorkerPool* ReadRouter::replicaFor(const Client& client, const pools::WalPosition& floor) {
  const Instant now = home_.worker().loop().now();
  candidates_.clear();
  for (Replica& replica : replicas_) {
    if (!replica.why.empty() || replica.outlier.ejected(now)) continue;
    if (floor.lsn > 0 && replica.timeline < floor.timeline) continue;
    replica.candidate.busy = replica.pool != nullptr ? busyIn(*replica.pool) : 0;
    candidates_.push_back(replica.candidate);
  }
  if (candidates_.empty()) return nullptr;
  if (home_.settings().reads == Reads::kPreferReplicas && home_.heldSince() == kNever)
    candidates_.push_back({.slot = kPrimarySlot, .busy = busyIn(home_), .name_hash = kPrimarySlot});
  const auto& address = client.peer().bytes();
  const conf::Balance policy = home_.database().reading.balance;
  const uint64_t hash =
      policy == conf::Balance::kIpHash
          ? pools::stableHash(Bytes(reinterpret_cast<const char*>(address.data()), address.size()))
          : 0;
  const auto chosen = balance_.choose(policy, candidates_, hash, now);
  if (!chosen || candidates_[*chosen].slot == kPrimarySlot) return nullptr;
  Replica& replica = replicas_[candidates_[*chosen].slot];
  replica.reads->add();
  return &poolOf(replica);
}

void ReadRouter::atPrimary() {
  const failover::TopologyPtr& topology = home_.topology();
  if (topology && topology->primary && *topology->primary < replicas_.size())
    replicas_[*topology->primary].reads->add();
}

bool ReadRouter::splits() const { return home_.settings().reads != Reads::kPrimary; }

bool ReadRouter::fallsBack() const { return !splits() || home_.database().reading.primary_fallback; }

std::string ReadRouter::noReplicaError() const {
  std::string detail = "Pool " + home_.databaseName() + "/" + home_.user();
  for (const Standing& each : standings(home_.worker().loop().now()))
    detail += "; " + conf::format(each.host) + ": " + (each.why.empty() ? "it may take reads" : each.why);
  return errorResponse(
      pgproto::sqlstate::kCannotConnectNow,
      "no replica of database \"" + home_.databaseName() + "\" may take this read", detail + ".",
      "primary_fallback = false keeps it from the primary. SHOW TOPOLOGY tells what is known of "
      "each server.");
}

WorkerPool& ReadRouter::poolOf(Replica& replica) {
  if (replica.pool == nullptr) {
    const std::string name = home_.databaseName() + std::string(kReplicaMark) + conf::format(replica.host);
    replica.pool = &home_.worker().pool(
        replicaDatabase(home_.database(), entryNameOf(home_.databaseName()), replica.host), name,
        home_.user());
  }
  return *replica.pool;
}

ReadRouter::Replica* ReadRouter::find(const WorkerPool& pool) {
  const auto found = std::ranges::find(replicas_, &pool, &Replica::pool);
  return found == replicas_.end() ? nullptr : &*found;
}

void ReadRouter::forgetPools() {
  for (Replica& replica : replicas_) replica.pool = nullptr;
}

void ReadRouter::succeeded(const WorkerPool& pool) {
  if (Replica* replica = find(pool)) replica->outlier.succeeded();
}

void ReadRouter::failed(const WorkerPool& pool) {
  if (Replica* replica = find(pool)) replica->outlier.failed(home_.worker().loop().now());
}

std::vector<ReadRouter::Standing> ReadRouter::standings(Instant now) const {
  std::vector<Standing> all;
  for (const Replica& replica : replicas_) all.push_back({replica.host, whyNot(replica, now)});
  return all;
}

std::string ReadRouter::whyNot(const Replica& replica, Instant now) const {
  if (!replica.why.empty()) return replica.why;
  if (!splits()) return "reads = \"primary\"";
  return replica.outlier.ejected(now) ? "it has failed several readers in a row" : "";
}

// ---- positions and errors

std::optional<pools::WalPosition> ReadRouter::positionAt(const conf::HostPort& host, uint64_t lsn) const {
  const failover::TopologyPtr& topology = home_.topology();
  if (!topology || !topology->isPrimary(host)) return std::nullopt;
  return pools::WalPosition{topology->nodes[*topology->primary].timeline, lsn};
}

bool ReadRouter::isOfReplica(const pgproto::ErrorFields& error) {
  namespace sqlstate = pgproto::sqlstate;
  const Bytes code = error.sqlstate();
  // A standby refuses what it cannot do with one of the first two, and with a text that says so.
  if (code == sqlstate::kReadOnlyTransaction) return true;
  if (code == sqlstate::kFeatureNotSupported)
    return error.message().find("recovery") != Bytes::npos || error.message().find("standby") != Bytes::npos;
  return code == sqlstate::kSerializationFailure || code == sqlstate::kDeadlockDetected;
}

}  // namespace forebay::postgres
