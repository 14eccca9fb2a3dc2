// What the operating system says about this process.
#pragma once

#include "gateway/admin/snapshot.h"

namespace forebay::admin {

// Sets open_fds and max_fds. Walks through all open fds: for a scrape, not for each second.
void addProcessFacts(ProcessRow& row);

}  // namespace forebay::admin
