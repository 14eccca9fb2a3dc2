// From a checked configuration to what the workers run on: TLS contexts made from its files.
#pragma once

#include "base/result.h"
#include "conf/config.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/redis/settings.h"

namespace forebay {

// Reads certificates and keys. An error names the file.
Result<postgres::SettingsPtr> makeSettings(conf::ConfigPtr config);
Result<redis::SettingsPtr> makeRedisSettings(conf::ConfigPtr config);

}  // namespace forebay
