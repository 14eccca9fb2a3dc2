// PostgresFaults lets fifty clients write and read through the gateway, does something to the servers, makes
// them whole again, and holds what the clients were told against what the database has.
#pragma once

#include <string>

#include "tests/chaos/fault.h"
#include "tests/chaos/postgres_cluster.h"
#include "tests/chaos/table.h"
#include "tests/rig/forebay.h"
#include "tests/rig/register_clients.h"

namespace forebay::chaos {

class PostgresFaults {
 public:
  // `no_small_disks`: why no disk can be filled here; empty: they can.
  PostgresFaults(int clients, std::string no_small_disks);

  void configure(rig::ForebayConfig& config) const;  // adds the databases
  // Throws when clients or servers cannot go on.
  Result run(const Fault& fault, rig::Forebay& forebay);
  std::string log() const { return cluster_.log(); }

 private:
  class Round;

  const int clients_;
  const std::string no_small_disks_;
  PostgresCluster cluster_;
};

}  // namespace forebay::chaos
