// Where finished log lines go: stderr, a file, syslog. Writes block; only the log's own thread calls them.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "conf/config.h"

namespace forebay {

struct LogEntry {
  conf::LogLevel level = conf::LogLevel::kInfo;
  std::string text;    // with its line feed
  size_t body_at = 0;  // where the text begins for a reader that adds time and level itself
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  // Returns how many of the entries could not be written.
  virtual size_t write(std::span<const LogEntry> entries) = 0;
};

// Opens what the settings name: the file, syslog, or both; stderr when they name neither. A file is appended
// to, and made if it is not there.
Result<std::unique_ptr<LogSink>> openLogSink(const conf::LogSettings& settings);

// What would go wrong with that, whoever opens it, without opening anything.
Status checkLogSink(const conf::LogSettings& settings);

}  // namespace forebay
