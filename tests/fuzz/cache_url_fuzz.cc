// REDIS_URL.
#include "conf/listeners.h"
#include "tests/fuzz/config.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::conf;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Sources sources = onlyFile("", "");
  sources.config_file.reset();
  sources.redis_url = std::string(asBytes(data, size));
  const auto config = loadConfig(sources);
  if (!config) {
    requirePlace(config.error(), "--redis-url");
    return 0;
  }
  const auto& caches = (*config)->redis.caches;
  require(caches.size() == 1 && caches.contains("main"), "one URL is one cache");
  const Cache& cache = caches.at("main");
  require(!cache.host.host.empty(), "it is somewhere");
  require(cache.host.isUnix() == (cache.host.port == 0), "at a port, or at a socket that needs none");
  require(!redisListeners(**config).at("main").empty(), "and clients can come to it");
  return 0;
}
