// Which servers a database's connections may go to, for what its clients are: target_session_attrs, with
// libpq's meaning (https://www.postgresql.org/docs/current/libpq-connect.html). Pure functions.
#pragma once

#include <vector>

#include "conf/failover.h"
#include "failover/topology.h"

namespace forebay::failover {

// May a connection be opened to it, or one that stands be handed out?
bool serves(const Topology& topology, size_t node, conf::TargetSessionAttrs target);

// The servers that do, in the order of the settings. None: whoever needs one is held until there is.
std::vector<conf::HostPort> hostsFor(const Topology& topology, conf::TargetSessionAttrs target);

// Must the connections to it be closed at once, whatever they are doing? What is written there from now on
// would be refused, or lost.
bool isFenced(const Topology& topology, size_t node, conf::TargetSessionAttrs target);

}  // namespace forebay::failover
