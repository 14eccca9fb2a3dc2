// Log takes event lines from any thread and writes them from a thread of its own, so that a slow disk or a
// full pipe never holds up a worker.
//
// A line is formatted by the thread that logs it and put into a bounded queue under a short lock. When the
// queue is full lines are dropped and counted, and the next line that is written says how many. Lines come
// out in the order of their submission. Lines are for events in the life of a connection: nothing on the path
// of a query logs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"
#include "conf/config.h"
#include "gateway/log_line.h"
#include "gateway/log_sink.h"

namespace forebay {

class Log {
 public:
  struct Limits {
    size_t lines = 16384;
    size_t bytes = 4 << 20;
  };
  using WallClock = WallTime (*)();

  // Opens stderr, the file or syslog, as the settings say, and starts the writer.
  static Result<std::unique_ptr<Log>> open(const conf::LogSettings& settings);

  Log(std::unique_ptr<LogSink> sink, const conf::LogSettings& settings, Limits limits,
      WallClock clock = std::chrono::system_clock::now);
  ~Log();  // writes everything that was submitted
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Whether a line of this level would be written. Cheap: ask before computing anything for a line.
  bool wants(conf::LogLevel level) const { return level <= level_.load(std::memory_order_relaxed); }

  LogLine error() { return line(conf::LogLevel::kError, nullptr); }
  LogLine warning() { return line(conf::LogLevel::kWarning, nullptr); }
  LogLine info() { return line(conf::LogLevel::kInfo, nullptr); }
  LogLine debug() { return line(conf::LogLevel::kDebug, nullptr); }
  LogLine error(const LogSubject& subject) { return line(conf::LogLevel::kError, &subject); }
  LogLine warning(const LogSubject& subject) { return line(conf::LogLevel::kWarning, &subject); }
  LogLine info(const LogSubject& subject) { return line(conf::LogLevel::kInfo, &subject); }
  LogLine debug(const LogSubject& subject) { return line(conf::LogLevel::kDebug, &subject); }
  LogLine line(conf::LogLevel level, const LogSubject* subject);

  // Takes over new settings and opens the destination again, as log rotation needs it: lines submitted from
  // now on go there. On an error nothing changes.
  Status reconfigure(const conf::LogSettings& settings);

  // Waits until everything submitted so far is written; false when that took longer than `limit`.
  bool flush(milliseconds limit = seconds(5));

  uint64_t droppedTotal() const { return dropped_total_.load(std::memory_order_relaxed); }

  void submit(LogEntry entry);  // LogLine calls this

 private:
  struct Batch {
    std::vector<LogEntry> entries;
    // A sink takes over before the entry at this index.
    std::vector<std::pair<size_t, std::unique_ptr<LogSink>>> sinks;
    uint64_t dropped = 0;  // after the last entry
    bool empty() const { return entries.empty() && sinks.empty() && dropped == 0; }
  };

  void writeUntilStopped();
  void write(Batch& batch);
  void writeRun(std::span<const LogEntry> entries);
  void reportLost();

  const Limits limits_;
  const WallClock clock_;
  std::atomic<conf::LogLevel> level_;
  std::atomic<conf::LogFormat> format_;
  std::atomic<uint64_t> dropped_total_{0};

  std::mutex mutex_;  // guards what follows, up to the writer's own
  std::condition_variable arrived_, written_;
  Batch queue_;
  size_t queued_bytes_ = 0;
  uint64_t batches_taken_ = 0, batches_written_ = 0;
  bool stopping_ = false;

  std::unique_ptr<LogSink> sink_;  // the writer's own
  uint64_t lost_ = 0;              // the writer's own: lines that nobody has been told of
  std::thread writer_;
};

}  // namespace forebay
