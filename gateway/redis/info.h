// Texts that a client gets about the gateway itself, in Redis' form.
#pragma once

#include <string>

namespace forebay::redis {

class WorkerCache;

// The section that INFO has behind Redis' own. Of this worker's part where a number is not the process's.
std::string infoSection(WorkerCache& cache);

}  // namespace forebay::redis
