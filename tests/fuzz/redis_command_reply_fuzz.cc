// A server's reply to COMMAND.
#include <string>
#include <vector>

#include "redisproto/command.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::redisproto;

namespace {

const std::vector<Bytes> kArgs = {"x", "2", "a", "b", "streams", "store", "keys", "c"};

// Positions that a server told are not to be trusted.
void checkKeys(const Command& command) {
  for (size_t count = 1; count <= kArgs.size(); ++count) {
    const std::vector<Bytes> args(kArgs.begin(), kArgs.begin() + static_cast<std::ptrdiff_t>(count));
    std::vector<uint32_t> positions;
    findKeys(command, args, positions);
    for (const uint32_t position : positions) require(position < count, "a key is one of the arguments");
    require(positions.size() <= count, "an argument is one key at most");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto made = CommandTable::fromReply(asBytes(data, size));
  if (!made) {
    require(!made.error().empty(), "an error says something");
    return 0;
  }
  const CommandTable& table = **made;
  require(table.find("HELLO") != nullptr, "what a gateway answers itself is always there");
  for (size_t i = 0; i < table.size(); ++i) {
    const auto id = static_cast<uint16_t>(i);
    const Command& command = table.at(id);
    require(command.id == id, "ids are dense");
    require(table.byName(command.name) == &command, "a command is found by its name");
    require(command.group < static_cast<Group>(kGroups), "a command has a group");
    checkKeys(command);
  }
  return 0;
}
