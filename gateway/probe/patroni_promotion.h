// promoteByPatroni asks the Patroni that manages a cluster to make one of its members the primary: by a
// switchover where there is a leader, else by a failover. It is Patroni's to decide, and to report.
#pragma once

#include <functional>
#include <string>

#include "gateway/probe/patroni_api.h"
#include "gateway/probe/promotion_report.h"

namespace forebay::probe {

// `host` names the server for whom asks; `is_it` finds the member that it is. Calls `done` once, unless the
// api ends before.
void promoteByPatroni(PatroniApi& api, const std::string& host,
                      std::function<bool(const PatroniMember&)> is_it, PromotionDone done);

}  // namespace forebay::probe
