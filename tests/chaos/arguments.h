// The command line: `chaos [minutes] [seed]`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace forebay::chaos {

inline constexpr std::string_view kUsage =
    "usage: ./run chaos [minutes] [seed]\n"
    "  minutes   how long faults go on, such as 5 (when not said), or 0.5; at most 1440\n"
    "  seed      a whole number below 4294967296: the same one gives the same faults; random when not said\n";

struct Arguments {
  double minutes = 5;
  std::optional<uint32_t> seed{};

  bool operator==(const Arguments&) const = default;
};

// nullopt: they are none, and `problem` says why.
std::optional<Arguments> parse(std::span<const std::string_view> words, std::string& problem);

// What the user types for the same faults again.
std::string commandFor(double minutes, uint32_t seed);

}  // namespace forebay::chaos
