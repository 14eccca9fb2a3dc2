// A forebay.toml.
#include "tests/fuzz/config.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::conf;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(asBytes(data, size));
  const auto config = loadConfig(onlyFile("forebay.toml", text));
  if (!config) {
    requirePlace(config.error(), "forebay.toml");
    return 0;
  }
  const auto same = loadConfig(onlyFile("forebay.toml", text));
  require(same.ok() && describeChanges(**config, **same).empty(), "the same file changes nothing");
  require(checkReloadable(**config, **same).ok(), "and can always be loaded again");
  const std::string effective = effectiveToml(**config);
  const auto again = loadConfig(onlyFile("forebay.toml", effective));
  if (!again) std::fprintf(stderr, "%s\n---\n%s\n", again.error().c_str(), effective.c_str());
  require(again.ok(), "the effective settings are settings");
  require(checkReloadable(**config, **again).ok(), "and mean the same listeners and workers");
  return 0;
}
