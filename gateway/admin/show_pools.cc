#include <algorithm>
#include <array>

#include "gateway/admin/show.h"
#include "gateway/admin/show_census.h"

namespace forebay::admin {
namespace {

constexpr auto kInt = ColumnType::kInt4;

constexpr std::array kPoolColumns{
    TableColumn{"database"},
    TableColumn{"user"},
    TableColumn{"cl_active", kInt},
    TableColumn{"cl_waiting", kInt},
    TableColumn{"cl_active_cancel_req", kInt},
    TableColumn{"cl_waiting_cancel_req", kInt},
    TableColumn{"sv_active", kInt},
    TableColumn{"sv_active_cancel", kInt},
    TableColumn{"sv_being_canceled", kInt},
    TableColumn{"sv_idle", kInt},
    TableColumn{"sv_used", kInt},
    TableColumn{"sv_tested", kInt},
    TableColumn{"sv_login", kInt},
    TableColumn{"maxwait", kInt},
    TableColumn{"maxwait_us", kInt},
    TableColumn{"pool_mode"},
    TableColumn{"load_balance_hosts"},
};

constexpr std::array kPeerColumns{
    TableColumn{"peer_id", kInt},
    TableColumn{"host"},
    TableColumn{"port", kInt},
    TableColumn{"pool_size", kInt},
};

constexpr std::array kPeerPoolColumns{
    TableColumn{"peer_id", kInt},
    TableColumn{"cl_active_cancel_req", kInt},
    TableColumn{"cl_waiting_cancel_req", kInt},
    TableColumn{"sv_active_cancel", kInt},
    TableColumn{"sv_login", kInt},
};

}  // namespace

Table showPools(const ShowContext& context) {
  Table out(kPoolColumns);
  for (const auto& [key, pool] : context.snapshot.pools) {
    const auto wait = pool.oldest_wait.count();
    out.add({text(pool.database), text(pool.user),
             // An idle client counts as active: PgBouncer's word for "not waiting".
             number(pool.cl_active + pool.cl_idle), number(pool.cl_waiting),
             number(pool.cl_active_cancel_req), number(pool.cl_waiting_cancel_req), number(pool.sv_active),
             number(pool.sv_active_cancel), number(pool.sv_being_canceled), number(pool.sv_idle),
             number(pool.sv_used), number(pool.sv_tested), number(pool.sv_login), number(wait / 1'000'000),
             number(wait % 1'000'000), text(nameOf(pool.pool_mode)),
             balanceOf(entryOf(context.config, pool.database))});
  }
  return out;
}

Table showPeers(const ShowContext& context) {
  Table out(kPeerColumns);
  for (const conf::Peer& peer : context.config.postgres.peers) {
    const uint32_t size = peer.pool_size != 0 ? peer.pool_size : context.config.postgres.default_pool_size;
    out.add({number(peer.peer_id), text(peer.address.host), number(peer.address.port), number(size)});
  }
  return out;
}

Table showPeerPools(const ShowContext& context) {
  Table out(kPeerPoolColumns);
  for (const conf::Peer& peer : context.config.postgres.peers) {
    const auto& busy = context.snapshot.peer_pools;
    const auto found = std::find_if(busy.begin(), busy.end(),
                                    [&](const PeerPoolRow& r) { return r.peer_id == peer.peer_id; });
    const PeerPoolRow row = found == busy.end() ? PeerPoolRow{} : *found;
    out.add({number(peer.peer_id), number(row.cl_active_cancel_req), number(row.cl_waiting_cancel_req),
             number(row.sv_active_cancel), number(row.sv_login)});
  }
  return out;
}

}  // namespace forebay::admin
