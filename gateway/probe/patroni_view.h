// PatroniView: what Patroni's `GET /cluster` tells, read from its JSON.
// https://patroni.readthedocs.io/en/latest/rest_api.html#cluster-status-endpoints
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "conf/network.h"

namespace forebay::probe {

struct PatroniMember {
  std::string name, role, state;  // "leader", "replica", "sync_standby"; "running", "streaming", "stopped"
  conf::HostPort at;              // of its PostgreSQL; no host: it has not said
  std::string api_url;
  uint32_t timeline = 0;
  bool operator==(const PatroniMember&) const = default;
};

struct PatroniView {
  std::vector<PatroniMember> members;

  // Who holds the leader's lock and may write: the leader of a standby cluster may not. Null: nobody.
  const PatroniMember* leader() const;
};

Result<PatroniView> readPatroniView(Bytes json);

}  // namespace forebay::probe
