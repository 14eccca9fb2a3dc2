// MemoryFile keeps what was learnt of each cluster over a restart, in `[state] dir`/topology.json: a gateway
// that starts while an old primary is back, and the new one away, must not take the old one for the primary.
//
// Written whole and renamed into place, so a crash leaves the old file or the new one. On the control thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "failover/primary_monitor.h"

namespace forebay::probe {

class MemoryFile {
 public:
  // Nothing is kept where `dir` is empty. A file that cannot be read is an error, none at all is not.
  static Result<MemoryFile> open(std::string dir);

  // `cluster` names it by its hosts.
  failover::Memory of(std::string_view cluster) const;
  Status remember(const std::string& cluster, const failover::Memory& memory);

 private:
  std::string path_;  // empty: nothing is kept
  std::map<std::string, failover::Memory, std::less<>> clusters_;
};

}  // namespace forebay::probe
