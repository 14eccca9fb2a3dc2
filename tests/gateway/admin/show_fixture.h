// A console over a fake fleet, to be asked for one table after the other.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "gateway/admin/console.h"
#include "tests/gateway/admin/fake_fleet.h"
#include "tests/gateway/admin/wire.h"

namespace forebay::admin {

class ShowTest : public testing::Test {
 protected:
  ShowTest() : console_(fleet_, [this] { return now_; }) {}

  WireAnswer show(const std::string& what) {
    std::string wire;
    console_.handle("SHOW " + what, Role::kAdmin, [&](std::string bytes) { wire = std::move(bytes); });
    return readAnswer(wire);
  }

  PoolRow& ordersPool() {
    PoolRow& pool = fleet_.snapshot.pool("orders", "app");
    pool.cl_active = 2, pool.cl_idle = 30, pool.cl_waiting = 4;
    pool.sv_active = 2, pool.sv_idle = 5, pool.sv_login = 1, pool.sv_active_cancel = 1;
    pool.oldest_wait = microseconds(2'500'000);
    return pool;
  }

  FakeFleet fleet_;
  Instant now_{seconds(1000)};
  Console console_;
};

}  // namespace forebay::admin
