#include <algorithm>
#include <array>
#include <cstdio>

#include "gateway/admin/show.h"
#include "gateway/admin/text.h"
#include "gateway/log_text.h"

namespace forebay::admin {
namespace {

constexpr auto kInt = ColumnType::kInt4;
constexpr auto kBig = ColumnType::kInt8;
constexpr auto kNumeric = ColumnType::kNumeric;

constexpr std::array kPoolColumns{
    TableColumn{"cache"},
    TableColumn{"cl_login", kInt},
    TableColumn{"cl_idle", kInt},
    TableColumn{"cl_active", kInt},
    TableColumn{"cl_waiting", kInt},
    TableColumn{"cl_blocked", kInt},
    TableColumn{"cl_subscribed", kInt},
    TableColumn{"cl_pinned", kInt},
    TableColumn{"in_flight", kBig},
    TableColumn{"shared_login", kInt},
    TableColumn{"shared_active", kInt},
    TableColumn{"shared_idle", kInt},
    TableColumn{"shared_lost", kInt},
    TableColumn{"leased_login", kInt},
    TableColumn{"leased_active", kInt},
    TableColumn{"leased_idle", kInt},
    TableColumn{"subscriber_login", kInt},
    TableColumn{"subscriber_active", kInt},
    TableColumn{"channels", kInt},
    TableColumn{"patterns", kInt},
    TableColumn{"shard_channels", kInt},
    TableColumn{"leases_used", kInt},
    TableColumn{"lease_pool_size", kInt},
    TableColumn{"leases_waiting", kInt},
    TableColumn{"detours", kBig},
    TableColumn{"maxwait", kInt},
    TableColumn{"maxwait_us", kInt},
};

constexpr std::array kClientColumns{
    TableColumn{"id", kBig},      TableColumn{"cache"},
    TableColumn{"user"},          TableColumn{"addr"},
    TableColumn{"port", kInt},    TableColumn{"state"},
    TableColumn{"db", kInt},      TableColumn{"resp", kInt},
    TableColumn{"name"},          TableColumn{"library"},
    TableColumn{"connect_time"},  TableColumn{"age", kBig},
    TableColumn{"idle", kBig},    TableColumn{"wait", kInt},
    TableColumn{"wait_us", kInt}, TableColumn{"outstanding", kInt},
    TableColumn{"lease", kBig},   TableColumn{"subscriptions", kInt},
    TableColumn{"tls"},           TableColumn{"unparsed", kBig},
    TableColumn{"unsent", kBig},  TableColumn{"command"},
};

constexpr std::array kNodeColumns{
    TableColumn{"cache"},
    TableColumn{"host"},
    TableColumn{"port", kInt},
    TableColumn{"role"},
    TableColumn{"state"},
    TableColumn{"since"},
    TableColumn{"error"},
    TableColumn{"epoch", kBig},
    TableColumn{"version"},
    TableColumn{"mode"},
    TableColumn{"databases", kInt},
    TableColumn{"connections", kInt},
    TableColumn{"used_memory", kBig},
    TableColumn{"maxmemory", kBig},
    TableColumn{"evicted_keys", kBig},
    TableColumn{"hit_ratio", kNumeric},
    TableColumn{"clients", kBig},
    TableColumn{"blocked", kBig},
    TableColumn{"ops_per_second", kBig},
    TableColumn{"info_age", kBig},
    TableColumn{"lag_bytes", kBig},
    TableColumn{"lag_ms", kBig},
    TableColumn{"serves_reads", kInt},
    TableColumn{"reads", kBig},
};

constexpr std::array kSlowColumns{
    TableColumn{"time"},
    TableColumn{"cache"},
    TableColumn{"command"},
    TableColumn{"total_us", kBig},
    TableColumn{"gateway_us", kBig},
    TableColumn{"redis_us", kBig},
    TableColumn{"client", kBig},
    TableColumn{"addr"},
};

constexpr std::array kHotColumns{TableColumn{"cache"}, TableColumn{"key"}, TableColumn{"samples", kBig}};
constexpr std::array kBigColumns{TableColumn{"cache"}, TableColumn{"key"}, TableColumn{"bytes", kBig},
                                 TableColumn{"seen_ago", kBig}};

// Keys are any bytes; a text column is not.
Cell printable(std::string_view raw) {
  std::string out;
  appendPrintable(out, raw);
  return out;
}

Cell numberIfKnown(const std::optional<uint64_t>& value) { return value ? number(*value) : std::nullopt; }

Cell millis(const std::optional<Duration>& time) {
  return time ? number(std::chrono::duration_cast<milliseconds>(*time).count()) : std::nullopt;
}

Cell flagIfKnown(const std::optional<bool>& value) { return value ? flag(*value) : std::nullopt; }

Cell textIfAny(std::string_view value) { return value.empty() ? std::nullopt : text(value); }

// With four digits behind the point; NULL as long as nothing was looked up.
Cell hitRatio(const RedisInfo& info) {
  if (!info.keyspace_hits || !info.keyspace_misses) return std::nullopt;
  const uint64_t all = *info.keyspace_hits + *info.keyspace_misses;
  if (all == 0) return std::nullopt;
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), "%.4f",
                static_cast<double>(*info.keyspace_hits) / static_cast<double>(all));
  return text(out.data());
}

Cell ageOf(WallTime at, WallTime now) {
  if (at == WallTime{}) return std::nullopt;
  return number(std::chrono::duration_cast<seconds>(now - at).count());
}

// Of the accepted primary, and of a Redis that has no Sentinels, what the pools meet counts; of all others,
// what they say of themselves.
Cell shownState(const RedisNodeRow& node) {
  if (node.topology && !node.topology->accepted) return text(node.topology->state);
  return text(nameOf(stateOf(node)));
}

const std::string& errorOf(const RedisNodeRow& node) {
  if (node.topology && !node.topology->why.empty()) return node.topology->why;
  const bool down = (!node.topology || node.topology->accepted) && stateOf(node) == RedisNodeState::kDown;
  return down ? node.last_error : node.info.error;
}

}  // namespace

Table showRedisPools(const ShowContext& context) {
  using Client = RedisClientState;
  using Kind = RedisConnectionKind;
  using State = RedisConnectionState;
  Table out(kPoolColumns);
  for (const auto& [name, cache] : context.snapshot.redis_caches) {
    const auto wait = cache.oldest_wait.count();
    out.add({text(name),
             number(cache.in(Client::kLogin)),
             number(cache.in(Client::kIdle)),
             number(cache.in(Client::kActive)),
             number(cache.in(Client::kWaiting)),
             number(cache.in(Client::kBlocked)),
             number(cache.in(Client::kSubscribed)),
             number(cache.in(Client::kPinned)),
             number(cache.in_flight),
             number(cache.in(Kind::kShared, State::kLogin)),
             number(cache.in(Kind::kShared, State::kActive)),
             number(cache.in(Kind::kShared, State::kIdle)),
             number(cache.in(Kind::kShared, State::kLost)),
             number(cache.in(Kind::kLeased, State::kLogin)),
             number(cache.in(Kind::kLeased, State::kActive)),
             number(cache.in(Kind::kLeased, State::kIdle)),
             number(cache.in(Kind::kSubscriber, State::kLogin)),
             number(cache.in(Kind::kSubscriber, State::kActive)),
             number(cache.channels),
             number(cache.patterns),
             number(cache.shard_channels),
             number(cache.leases_used),
             number(cache.lease_limit),
             number(cache.leases_waiting),
             number(cache.counters.detours),
             number(wait / 1'000'000),
             number(wait % 1'000'000)});
  }
  return out;
}

Table showRedisClients(const ShowContext& context) {
  std::vector<const RedisClientRow*> rows;
  for (const RedisClientRow& row : context.snapshot.redis_clients) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  Table out(kClientColumns);
  for (const RedisClientRow* row : rows)
    out.add({number(row->id),
             text(row->cache),
             textIfAny(row->user),
             text(row->addr),
             number(row->port),
             text(nameOf(row->state)),
             number(row->database),
             number(row->resp),
             printable(row->name),
             printable(row->library),
             text(formatTime(row->connect_time)),
             number(row->age.count()),
             number(row->idle.count()),
             number(row->wait.count() / 1'000'000),
             number(row->wait.count() % 1'000'000),
             number(row->outstanding),
             row->lease == 0 ? std::nullopt : number(row->lease),
             number(row->subscriptions),
             text(row->tls),
             number(row->unparsed_bytes),
             number(row->unsent_bytes),
             printable(row->last_command)});
  return out;
}

Table showRedisNodes(const ShowContext& context) {
  Table out(kNodeColumns);
  for (const RedisNodeRow& node : context.snapshot.redis_nodes) {
    const RedisInfo& info = node.info;
    const std::string& error = errorOf(node);
    out.add({text(node.cache),
             text(node.host),
             number(node.port),
             textIfAny(node.topology ? node.topology->role : info.role.value_or("")),
             shownState(node),
             textIfAny(formatTime(stateSince(node))),
             error.empty() ? std::nullopt : printable(error),
             number(node.epoch),
             textIfAny(node.version),
             textIfAny(node.mode),
             node.databases == 0 ? std::nullopt : number(node.databases),
             number(node.connections),
             numberIfKnown(info.used_memory),
             numberIfKnown(info.maxmemory),
             numberIfKnown(info.evicted_keys),
             hitRatio(info),
             numberIfKnown(info.connected_clients),
             numberIfKnown(info.blocked_clients),
             numberIfKnown(info.ops_per_second),
             ageOf(info.at, context.snapshot.taken),
             node.topology ? numberIfKnown(node.topology->lag_bytes) : std::nullopt,
             node.topology ? millis(node.topology->lag) : std::nullopt,
             node.topology ? flagIfKnown(node.topology->serves_reads) : std::nullopt,
             numberIfKnown(node.reads)});
  }
  return out;
}

Table showRedisSlowLog(const ShowContext& context) {
  std::vector<const RedisSlowRow*> rows;
  for (const RedisSlowRow& row : context.snapshot.redis_slow) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto* a, const auto* b) { return a->request.at > b->request.at; });
  if (rows.size() > context.config.redis.slowlog_max_len) rows.resize(context.config.redis.slowlog_max_len);
  const auto micros = [](Duration time) { return std::chrono::duration_cast<microseconds>(time).count(); };
  Table out(kSlowColumns);
  for (const RedisSlowRow* row : rows) {
    const pools::SlowRequest& request = row->request;
    out.add({text(formatTime(request.at)), text(row->cache), printable(request.command),
             number(micros(request.gateway + request.backend)), number(micros(request.gateway)),
             number(micros(request.backend)), number(request.client), text(request.address)});
  }
  return out;
}

Table showRedisHotKeys(const ShowContext& context) {
  Table out(kHotColumns);
  for (const auto& [cache, keys] : context.snapshot.redis_keys) {
    for (const pools::HotKey& hot : keys.hot) out.add({text(cache), printable(hot.key), number(hot.count)});
  }
  return out;
}

Table showRedisBigKeys(const ShowContext& context) {
  Table out(kBigColumns);
  for (const auto& [cache, keys] : context.snapshot.redis_keys)
    for (const pools::BigKey& big : keys.big) {
      const auto ago = std::chrono::duration_cast<seconds>(context.now - big.seen_at).count();
      out.add({text(cache), printable(big.key), number(big.bytes), number(std::max<int64_t>(ago, 0))});
    }
  return out;
}

}  // namespace forebay::admin
