// A pgbouncer.ini to import.
#include "tests/fuzz/config.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::conf;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(asBytes(data, size));
  const auto imported = importPgbouncerIni("pgbouncer.ini", onlyFile("pgbouncer.ini", text));
  if (!imported) {
    requirePlace(imported.error(), "pgbouncer.ini");
    return 0;
  }
  // Rules that span settings are checked at load, so it may still fail; but what is written is a
  // forebay.toml.
  const auto config = loadConfig(onlyFile("forebay.toml", *imported));
  if (!config) requirePlace(config.error(), "forebay.toml");
  return 0;
}
