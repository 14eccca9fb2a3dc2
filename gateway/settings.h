// From a checked configuration to what the process runs on: TLS contexts made from its files, and its log.
#pragma once

#include "base/result.h"
#include "conf/config.h"
#include "gateway/log.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/redis/settings.h"

namespace forebay {

// Reads certificates and keys. An error names the setting and the file, and where the setting was written.
Result<postgres::SettingsPtr> makeSettings(conf::ConfigPtr config);
Result<redis::SettingsPtr> makeRedisSettings(conf::ConfigPtr config);

// Errors as above. checkLog() opens nothing.
Status checkLog(const conf::Config& config);
Result<std::unique_ptr<Log>> openLog(const conf::Config& config);

}  // namespace forebay
