#include "gateway/redis/info.h"

#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/worker_cache.h"
#include "gateway/version.h"

namespace forebay::redis {

std::string infoSection(WorkerCache& cache) {
  const CacheShared& shared = cache.shared();
  std::string out = "# Forebay\r\n";
  const auto line = [&out](std::string_view name, const auto& value) {
    out.append("forebay_").append(name).append(":").append(value).append("\r\n");
  };
  line("version", kVersion);
  line("cache", cache.name());
  line("workers", std::to_string(cache.worker().shared().workers.size()));
  line("connected_clients", std::to_string(shared.clients.load()));
  line("leases_used", std::to_string(shared.leases.used()));
  line("leases_limit", std::to_string(shared.leases.limit()));
  line("leases_waiting", std::to_string(shared.leases.waitingInAll()));
  line("scripts", std::to_string(shared.scripts.count()));
  return out;
}

// As CLIENT LIST has it; what only Redis itself could tell is missing.
std::string Client::infoLine(Instant now) const {
  const auto secondsSince = [now](Instant at) {
    return std::to_string(std::chrono::duration_cast<seconds>(now - at).count());
  };
  std::string flags;
  if (tracking_) flags += 't';
  if (monitors_) flags += 'O';
  if (listens()) flags += 'P';
  if (in_multi_) flags += 'x';
  // Not before Redis has it: who sees the flag may count on it that it waits there.
  if (leased_ && outstanding_ > 0 && server_->allSent() && last_command_ != nullptr &&
      last_command_->is(redisproto::flag::kBlocking))
    flags += 'b';
  if (flags.empty()) flags = "N";
  std::string out =
      "id=" + std::to_string(id_) + " addr=" + peer_.text() + " fd=" + std::to_string(socket_.fd());
  out.append(" name=").append(name());
  out += " age=" + secondsSince(connected_at_) + " idle=" + secondsSince(last_at_) + " flags=" + flags;
  out +=
      " db=" + std::to_string(database_) + " sub=" + std::to_string(count(pools::SubscriptionKind::kChannel));
  out += " psub=" + std::to_string(count(pools::SubscriptionKind::kPattern)) +
         " ssub=" + std::to_string(shardSubscriptions());
  out += std::string(" multi=") + (in_multi_ ? "0" : "-1") + " qbuf=" + std::to_string(in_.size()) +
         " omem=" + std::to_string(out_.size());
  std::string command(lastCommand());
  out.append(" cmd=").append(command).append(" user=").append(userName());
  out.append(" lib-name=").append(extra_ ? extra_->lib_name : "").append(" lib-ver=");
  out.append(extra_ ? extra_->lib_version : "")
      .append(" resp=")
      .append(resp_ == redisproto::Resp::k3 ? "3" : "2");
  return out;
}

}  // namespace forebay::redis
