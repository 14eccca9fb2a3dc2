#include "conf/reads.h"

#include "conf/names.h"

namespace forebay::conf {

std::string_view nameOf(Reads reads) { return nameIn(kReads, reads); }
std::string_view nameOf(Consistency consistency) { return nameIn(kConsistencies, consistency); }
std::string_view nameOf(Balance balance) { return nameIn(kBalances, balance); }

uint32_t weightOf(const ReadSettings& settings, const HostPort& host) {
  uint32_t weight = 1;
  for (const HostWeight& each : settings.weights) {
    if (each.host == host) return each.weight;
    if (each.host.port == 0 && each.host.host == host.host) weight = each.weight;
  }
  return weight;
}

}  // namespace forebay::conf
