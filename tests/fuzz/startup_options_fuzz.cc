// The startup parameter `options`: a command line in a string.
#include <string>
#include <utility>
#include <vector>

#include "pgproto/startup.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

// Every byte behind a backslash, so that none means anything.
void appendEscaped(std::string& out, Bytes text) {
  for (const char c : text) out.append(1, '\\').push_back(c);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::pair<std::string, std::string>> settings, again;
  const bool parsed = parseStartupOptions(asBytes(data, size), settings);
  std::string options;
  for (const auto& [name, value] : settings) {
    require(!name.empty() && name.find_first_of("=-") == std::string::npos, "a name is a name");
    options += " -c ";
    appendEscaped(options, name + "=" + value);
  }
  require(options.size() <= 8 * size, "settings hold no more than was sent");
  if (!parsed) return 0;
  require(parseStartupOptions(options, again) && again == settings, "settings come back as they were sent");
  return 0;
}
