// The rows of the built-in command table: Redis 7.0.15's own answer to COMMAND, divided by group, with what
// Redis 7.2 to 8.4 and Valkey brought later. What a gateway thinks of them is in command_knowledge.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "redisproto/command.h"

namespace forebay::redisproto::rows {

using namespace flag;  // NOLINT(google-build-using-namespace): the rows are words of these two alone

// What happens to the keys: the first one, and the others.
constexpr uint8_t kAny = access::kNone, kR = access::kRead, kW = access::kWrite, kRW = kR | kW;

struct Keys {
  int16_t first = 0, last = 0, step = 0;
  uint8_t first_access = kRW, other_access = kRW;
};
constexpr Keys kNoKeys{};
constexpr Keys key(uint8_t a) { return {1, 1, 1, a, a}; }
constexpr Keys keys(uint8_t a) { return {1, -1, 1, a, a}; }
constexpr Keys keys(uint8_t first, uint8_t others) { return {1, -1, 1, first, others}; }
constexpr Keys pair(uint8_t first, uint8_t second) { return {1, 2, 1, first, second}; }
constexpr Keys subcommandKey(uint8_t a) { return {2, 2, 1, a, a}; }
constexpr Keys movable(uint8_t a) { return {0, 0, 0, a, a}; }

struct Row {
  std::string_view name;
  int16_t arity;
  uint32_t flags;
  Keys keys = kNoKeys;
  uint32_t categories = 0;  // beside those of its section, and those that follow from the flags
};

struct Section {
  Group group;
  uint32_t category;  // that all its commands are in
  std::span<const Row> rows;
};

std::span<const Section> strings();      // and bitmaps, HyperLogLogs
std::span<const Section> collections();  // hashes, lists, sets
std::span<const Section> ordered();      // sorted sets, geo, streams
std::span<const Section> generic();      // keys of any type, scripts, transactions, channels
std::span<const Section> server();       // connections, the server itself, Cluster

}  // namespace forebay::redisproto::rows
