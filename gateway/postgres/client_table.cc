#include "gateway/postgres/client_table.h"

#include "gateway/postgres/client.h"

namespace forebay::postgres {

ClientTable::ClientTable() = default;
ClientTable::~ClientTable() = default;

uint32_t ClientTable::freeSlot() {
  if (!free_.empty()) return free_.back();
  return slots_.size() < ClientPid::kMaxSlots ? static_cast<uint32_t>(slots_.size()) : ClientPid::kMaxSlots;
}

Client* ClientTable::add(std::unique_ptr<Client> client, uint32_t slot) {
  if (slot == slots_.size()) {
    slots_.emplace_back();
  } else {
    free_.pop_back();
  }
  slots_[slot] = std::move(client);
  ++size_;
  return slots_[slot].get();
}

std::unique_ptr<Client> ClientTable::remove(uint32_t slot) {
  free_.push_back(slot);
  --size_;
  return std::move(slots_[slot]);
}

}  // namespace forebay::postgres
