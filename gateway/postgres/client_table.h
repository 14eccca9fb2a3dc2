// ClientTable: the clients of one worker by slot, so that a CancelRequest finds its client at once.
//
// The process id that a client is told in BackendKeyData names gateway, worker and slot:
//
//   0 | gateway, 7 bits | worker, 6 bits | slot, 18 bits
//
// so any worker, and any replica of the gateway, knows where a CancelRequest belongs. What proves it is the
// secret: 32 random bits in protocol 3.0, 128 in 3.2. Slots are used again, so an old key may find a new
// client's slot, but never its secret.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"

namespace forebay::postgres {

class Client;

struct ClientPid {
  static constexpr uint32_t kSlotBits = 18, kWorkerBits = 6, kGatewayBits = 7;
  static constexpr uint32_t kMaxSlots = (1u << kSlotBits) - 1;
  static constexpr uint32_t kMaxWorkers = 1u << kWorkerBits;

  uint32_t gateway = 0, worker = 0, slot = 0;

  // Never 0, which is no process, and never negative where a driver keeps it in a signed number.
  uint32_t encode() const {
    return (gateway << (kWorkerBits + kSlotBits)) | (worker << kSlotBits) | (slot + 1);
  }
  static ClientPid decode(uint32_t pid) {
    return {(pid >> (kWorkerBits + kSlotBits)) & ((1u << kGatewayBits) - 1),
            (pid >> kSlotBits) & (kMaxWorkers - 1), (pid & kMaxSlots) - 1};
  }
};

class ClientTable {
 public:
  ClientTable();
  ~ClientTable();

  // Takes the client over; null: it, when every slot is taken.
  Client* add(std::unique_ptr<Client> client, uint32_t slot);
  // The slot that the next client gets, or kMaxSlots.
  uint32_t freeSlot();
  std::unique_ptr<Client> remove(uint32_t slot);
  Client* at(uint32_t slot) const { return slot < slots_.size() ? slots_[slot].get() : nullptr; }
  size_t size() const { return size_; }

  template <typename Visit>
  void forEach(Visit visit) const {
    for (size_t slot = 0; slot < slots_.size(); ++slot)
      if (slots_[slot]) visit(*slots_[slot]);
  }

 private:
  std::vector<std::unique_ptr<Client>> slots_;
  std::vector<uint32_t> free_;
  size_t size_ = 0;
};

}  // namespace forebay::postgres
