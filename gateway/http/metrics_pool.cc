#include <array>

#include "gateway/http/health.h"
#include "gateway/http/metrics.h"

namespace forebay::http {
namespace {

using admin::PoolCounters;
using admin::PoolRow;
using Pools = decltype(admin::Snapshot::pools);

Labels labelsOf(const PoolRow& pool) { return {label("database", pool.database), label("user", pool.user)}; }

Labels labelsOf(const PoolRow& pool, std::string_view name, std::string_view value) {
  Labels out = labelsOf(pool);
  out.push_back(label(name, value));
  return out;
}

struct State {
  std::string_view name;
  uint32_t PoolRow::*count;
};

void appendStates(Family family, const Pools& pools, std::initializer_list<State> states) {
  for (const auto& [key, pool] : pools)
    for (const State& state : states) family.add(labelsOf(pool, "state", state.name), pool.*state.count);
}

void appendEach(Family family, const Pools& pools, auto value) {
  for (const auto& [key, pool] : pools) family.add(labelsOf(pool), static_cast<double>(value(pool)));
}

void appendCounter(Families& out, std::string_view name, std::string_view help, const Pools& pools,
                   uint64_t PoolCounters::*field) {
  appendEach(counter(out, name, help), pools, [&](const PoolRow& pool) { return pool.counters.*field; });
}

void appendReasons(Family family, const Pools& pools, std::string_view label_name, auto reasons) {
  for (const auto& [key, pool] : pools)
    for (const auto& [reason, count] : reasons(pool))
      family.add(labelsOf(pool, label_name, reason), static_cast<double>(count));
}

struct Split {
  std::string_view value;
  uint64_t PoolCounters::*field;
};

void appendSplit(Family family, const Pools& pools, std::string_view label_name,
                 std::initializer_list<Split> parts) {
  for (const auto& [key, pool] : pools)
    for (const Split& part : parts)
      family.add(labelsOf(pool, label_name, part.value), static_cast<double>(pool.counters.*part.field));
}

void appendHistogram(Family family, const Pools& pools, HistogramSnapshot PoolCounters::*field) {
  for (const auto& [key, pool] : pools) family.add(labelsOf(pool), pool.counters.*field);
}

void appendGauges(Families& out, const Pools& pools) {
  appendStates(gauge(out, "forebay_pool_clients", "Clients, by what they do."), pools,
               {{"active", &PoolRow::cl_active},
                {"idle", &PoolRow::cl_idle},
                {"waiting", &PoolRow::cl_waiting},
                {"active_cancel", &PoolRow::cl_active_cancel_req},
                {"waiting_cancel", &PoolRow::cl_waiting_cancel_req}});
  appendStates(gauge(out, "forebay_pool_servers", "Server connections, by what they do."), pools,
               {{"active", &PoolRow::sv_active},
                {"idle", &PoolRow::sv_idle},
                {"used", &PoolRow::sv_used},
                {"tested", &PoolRow::sv_tested},
                {"login", &PoolRow::sv_login},
                {"active_cancel", &PoolRow::sv_active_cancel},
                {"being_canceled", &PoolRow::sv_being_canceled}});
  appendEach(
      gauge(out, "forebay_pool_size", "Server connections that the pool may have, the reserve not included."),
      pools, [](const PoolRow& p) { return p.pool_size; });
  appendEach(
      gauge(out, "forebay_pool_limit", "Server connections that the pool may have, the reserve included."),
      pools, [](const PoolRow& p) { return p.limit(); });
  appendEach(
      gauge(out, "forebay_pool_saturation_ratio", "Active server connections as a share of the limit."),
      pools, saturationOf);
  appendEach(gauge(out, "forebay_pool_queue_depth", "Clients that wait for a server connection."), pools,
             [](const PoolRow& p) { return p.cl_waiting; });
  appendEach(gauge(out, "forebay_pool_oldest_wait_seconds",
                   "For how long the client has waited that waits longest."),
             pools, [](const PoolRow& p) { return secondsOf(p.oldest_wait); });
  appendReasons(
      gauge(out, "forebay_pool_pinned_clients", "Clients that must keep their server connection, by reason."),
      pools, "reason", [](const PoolRow& p) -> const auto& { return p.pinned; });
}

void appendCounters(Families& out, const Pools& pools) {
  appendCounter(out, "forebay_pool_transactions_total", "Transactions that have ended.", pools,
                &PoolCounters::transactions);
  appendCounter(out, "forebay_pool_queries_total", "Queries that were answered.", pools,
                &PoolCounters::queries);
  appendSplit(
      counter(out, "forebay_pool_bytes_total", "Bytes received from clients, and sent to them by servers."),
      pools, "direction", {{"received", &PoolCounters::client_bytes}, {"sent", &PoolCounters::server_bytes}});
  appendCounter(out, "forebay_pool_server_assignments_total",
                "Times that a client was given a server connection.", pools,
                &PoolCounters::server_assignments);
  appendCounter(out, "forebay_pool_waits_total", "Times that a client had to wait for one.", pools,
                &PoolCounters::waits);
  appendReasons(
      counter(out, "forebay_pool_timeouts_total", "Clients that ran into a timeout, by the setting's name."),
      pools, "timeout", [](const PoolRow& p) -> const auto& { return p.counters.timeouts; });
  appendReasons(
      counter(out, "forebay_pool_clients_rejected_total", "Clients turned away, by reason."), pools, "reason",
      [](const PoolRow& p) -> const auto& { return p.counters.rejected; });
  appendCounter(out, "forebay_pool_cancels_total", "Cancel requests sent to servers.", pools,
                &PoolCounters::cancels);
  appendCounter(out, "forebay_pool_pins_total", "Times that a client became pinned to its server connection.",
                pools, &PoolCounters::pins);
  appendSplit(counter(out, "forebay_pool_prepared_parses_total",
                      "Named statements parsed: as asked for by clients, and as sent to servers."),
              pools, "side",
              {{"client", &PoolCounters::client_parses}, {"server", &PoolCounters::server_parses}});
  appendCounter(out, "forebay_pool_prepared_binds_total", "Executions of named statements.", pools,
                &PoolCounters::binds);
  appendCounter(out, "forebay_pool_server_logins_total", "Server connections that were opened and logged in.",
                pools, &PoolCounters::server_logins);
  appendCounter(out, "forebay_pool_server_login_failures_total",
                "Server connections that failed before that.", pools, &PoolCounters::server_login_failures);
}

}  // namespace

void appendPoolMetrics(Families& out, const admin::Snapshot& snapshot) {
  appendGauges(out, snapshot.pools);
  appendCounters(out, snapshot.pools);
  appendHistogram(
      histogram(out, "forebay_pool_wait_seconds", "Time that clients waited for a server connection."),
      snapshot.pools, &PoolCounters::wait);
  appendHistogram(histogram(out, "forebay_pool_query_seconds", "Time that servers took to answer a query."),
                  snapshot.pools, &PoolCounters::query);
  appendHistogram(histogram(out, "forebay_pool_transaction_seconds", "Time that transactions took."),
                  snapshot.pools, &PoolCounters::transaction);
}

}  // namespace forebay::http
