// What clients that note a history have in common: each counts the writes that it has begun, and knows the
// last one that was acknowledged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/rig/eventually.h"

namespace forebay::rig {

// So much later whatever a fault has ended is known to the gateway, on a busy machine too.
inline constexpr milliseconds kFaultGrace(500);

// Returns when each client has had so many writes acknowledged that it began after the call, or has failed
// with later ones; throws when that takes longer than `limit`.
template <typename Clients>
void awaitProgressOf(const Clients& clients, int writes, milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  std::vector<int64_t> begun;
  for (const auto& client : clients) begun.push_back(client->begun());
  for (size_t i = 0; i < clients.size(); ++i) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (!eventually([&] { return clients[i]->acknowledged() >= begun[i] + writes; }, left))
      fail("client " + std::to_string(i) + " gets no write acknowledged");
  }
}

}  // namespace forebay::rig
