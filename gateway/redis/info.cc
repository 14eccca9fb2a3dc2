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

}  // namespace forebay::redis
