// DATABASE_URL.
#include "tests/fuzz/config.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::conf;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Sources sources = onlyFile("", "");
  sources.config_file.reset();
  sources.database_url = std::string(asBytes(data, size));
  const auto config = loadConfig(sources);
  if (!config) {
    requirePlace(config.error(), "--database-url");
    return 0;
  }
  const auto& databases = (*config)->postgres.databases;
  require(databases.contains("*"), "one URL serves every database of its host");
  for (const auto& [name, database] : databases)
    require(!database.user.empty(), "and names the user of each");
  return 0;
}
