#include "gateway/postgres/client_table.h"

#include <gtest/gtest.h>

namespace forebay::postgres {
namespace {

TEST(ClientPid, NamesGatewayWorkerAndSlot) {
  const uint32_t most_slots = ClientPid::kMaxSlots - 1, most_workers = ClientPid::kMaxWorkers - 1;
  for (const ClientPid pid : {ClientPid{0, 0, 0},
                              {1, 2, 3},
                              {127, most_workers, most_slots},
                              {0, 0, most_slots},
                              {0, most_workers, 0},
                              {127, 0, 0}}) {
    const ClientPid same = ClientPid::decode(pid.encode());
    EXPECT_EQ(same.gateway, pid.gateway);
    EXPECT_EQ(same.worker, pid.worker);
    EXPECT_EQ(same.slot, pid.slot);
  }
}

TEST(ClientPid, IsNeverNegative) {
  const ClientPid largest{127, ClientPid::kMaxWorkers - 1, ClientPid::kMaxSlots - 1};
  EXPECT_EQ(largest.encode(), 0x7fffffffu);
}

TEST(ClientPid, ToleratesAnyNumberFromTheWire) { EXPECT_LT(ClientPid::decode(0xffffffff).gateway, 128u); }

TEST(ClientTable, OffersTheFirstSlotWhenItIsEmpty) {
  ClientTable table;
  EXPECT_EQ(table.freeSlot(), 0u);
  EXPECT_EQ(table.at(0), nullptr);
  EXPECT_EQ(table.at(UINT32_MAX), nullptr);
  EXPECT_EQ(table.size(), 0u);
}

}  // namespace
}  // namespace forebay::postgres
