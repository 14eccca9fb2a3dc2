// The command table: how it is made of its rows, and how a request's command is found in it.
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "base/load.h"
#include "redisproto/command.h"
#include "redisproto/command_knowledge.h"
#include "redisproto/command_rows.h"
#include "redisproto/words.h"

namespace forebay::redisproto {
namespace {

// The letters A to Z of eight bytes at once to lower case; all other bytes stay.
uint64_t toLower(uint64_t bytes) {
  constexpr uint64_t kEach = 0x0101010101010101;
  const uint64_t low = bytes & (0x7f * kEach);
  const uint64_t from_a = low + (0x80 - 'A') * kEach;    // bit 7: not before A
  const uint64_t behind_z = low + (0x7f - 'Z') * kEach;  // bit 7: behind Z
  const uint64_t upper = ~bytes & (from_a ^ behind_z) & (0x80 * kEach);
  return bytes | (upper >> 2);
}

uint64_t load32(const char* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// One to eight bytes. Which are loaded twice does not matter: names are compared with their lengths.
uint64_t loadShort(Bytes in) {
  const size_t size = in.size();
  if (size == 8) return load64(in.data());
  if (size >= 4) return load32(in.data()) | load32(in.data() + size - 4) << 32;
  const auto at = [in](size_t i) { return uint64_t{static_cast<unsigned char>(in[i])}; };
  return at(0) | at(size / 2) << 8 | at(size - 1) << 16;
}

Command commandOf(const rows::Section& section, const rows::Row& row) {
  Command out;
  out.name = row.name;
  out.arity = row.arity;
  out.flags = row.flags;
  out.categories = section.category | row.categories;
  out.categories |= impliedCategories(out.flags, out.categories);
  out.first_key = row.keys.first;
  out.last_key = row.keys.last;
  out.key_step = row.keys.step;
  out.first_access = row.keys.first_access;
  out.other_access = row.keys.other_access;
  out.group = section.group;
  applyKnowledge(out);
  return out;
}

}  // namespace

// Names of up to eight bytes, nearly all of those that are sent, take the first word alone.
bool CommandTable::PackedName::pack(Bytes name, PackedName& out) {
  const size_t size = name.size();
  if (size == 0 || size > kMax) return false;
  out.length = static_cast<uint32_t>(size);
  if (size <= 8) {
    out.words[0] = toLower(loadShort(name));
    return true;
  }
  out.words[0] = toLower(load64(name.data()));
  if (size > 16) out.words[1] = toLower(load64(name.data() + 8));
  out.words[2] = toLower(load64(name.data() + size - 8));
  return true;
}

uint32_t CommandTable::PackedName::hash(uint32_t container) const {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;  // of the golden ratio: spreads well by its upper bits
  const uint64_t mixed = words[0] ^ std::rotl(words[1], 21) ^ std::rotl(words[2], 42) ^
                         (uint64_t{container} << 32) ^ (uint64_t{length} << 56);
  return static_cast<uint32_t>((mixed * kOdd) >> 32);
}

CommandTable::CommandTable(std::vector<Command> commands) : commands_(std::move(commands)) {
  assert(commands_.size() < UINT16_MAX);
  slots_.resize(std::bit_ceil(commands_.size() * 2 + 2));
  for (size_t id = 0; id < commands_.size(); ++id) {
    commands_[id].id = static_cast<uint16_t>(id);
    commands_[id].container = false;
    if (commands_[id].name.find('|') == std::string::npos) index(commands_[id], 0);
  }
  for (const Command& command : commands_) {
    const size_t bar = command.name.find('|');
    if (bar == std::string::npos) continue;
    const Command* container = lookUp(Bytes(command.name).substr(0, bar), 0);
    assert(container != nullptr);
    commands_[container->id].container = true;
    index(command, static_cast<uint16_t>(container->id + 1));
  }
}

void CommandTable::index(const Command& command, uint16_t container) {
  const Bytes name =
      Bytes(command.name).substr(container == 0 ? 0 : commands_[container - 1].name.size() + 1);
  PackedName packed;
  if (!PackedName::pack(name, packed)) {
    long_names_.push_back(command.id);
    return;
  }
  const size_t mask = slots_.size() - 1;
  size_t at = packed.hash(container) & mask;
  while (slots_[at].next != 0) at = (at + 1) & mask;
  slots_[at] = {packed, container, static_cast<uint16_t>(command.id + 1)};
}

const Command* CommandTable::lookUp(Bytes name, uint16_t container) const {
  PackedName packed;
  if (!PackedName::pack(name, packed)) return lookUpLong(name, container);
  const size_t mask = slots_.size() - 1;
  for (size_t at = packed.hash(container) & mask; slots_[at].next != 0; at = (at + 1) & mask)
    if (slots_[at].name == packed && slots_[at].container == container)
      return &commands_[slots_[at].next - 1];
  return nullptr;
}

const Command* CommandTable::lookUpLong(Bytes name, uint16_t container) const {
  if (name.empty() || long_names_.empty()) return nullptr;
  std::string full = container == 0 ? "" : commands_[container - 1].name + "|";
  full += lowerCase(name);
  for (const uint16_t id : long_names_)
    if (commands_[id].name == full) return &commands_[id];
  return nullptr;
}

const Command* CommandTable::find(Bytes name, Bytes subcommand) const {
  const Command* command = lookUp(name, 0);
  if (command == nullptr || !command->container || subcommand.empty()) return command;
  const Command* found = lookUp(subcommand, static_cast<uint16_t>(command->id + 1));
  return found != nullptr ? found : command;
}

const Command* CommandTable::byName(std::string_view full_name) const {
  const size_t bar = full_name.find('|');
  const Command* command = lookUp(full_name.substr(0, bar), 0);
  if (command == nullptr || bar == std::string_view::npos) return command;
  return lookUp(full_name.substr(bar + 1), static_cast<uint16_t>(command->id + 1));
}

std::shared_ptr<const CommandTable> CommandTable::builtIn() {
  static const std::shared_ptr<const CommandTable> table = [] {
    std::vector<Command> commands;
    for (const auto sections :
         {rows::strings(), rows::collections(), rows::ordered(), rows::generic(), rows::server()})
      for (const rows::Section& section : sections)
        for (const rows::Row& row : section.rows) commands.push_back(commandOf(section, row));
    return std::shared_ptr<const CommandTable>(new CommandTable(std::move(commands)));
  }();
  return table;
}

}  // namespace forebay::redisproto
