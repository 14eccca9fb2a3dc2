#include "gateway/log.h"

#include <pthread.h>

namespace forebay {
namespace {

conf::LogLevel levelOf(const conf::LogSettings& settings) {
  return settings.verbose > 0 ? conf::LogLevel::kDebug : settings.level;
}

}  // namespace

Result<std::unique_ptr<Log>> Log::open(const conf::LogSettings& settings) {
  Result<std::unique_ptr<LogSink>> sink = openLogSink(settings);
  if (!sink) return Error{sink.error()};
  return std::make_unique<Log>(std::move(sink).value(), settings, Limits{});
}

Log::Log(std::unique_ptr<LogSink> sink, const conf::LogSettings& settings, Limits limits, WallClock clock)
    : limits_(limits),
      clock_(clock),
      level_(levelOf(settings)),
      format_(settings.format),
      sink_(std::move(sink)) {
  writer_ = std::thread([this] { writeUntilStopped(); });
  pthread_setname_np(writer_.native_handle(), "log");
}

Log::~Log() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  writer_.join();
}

LogLine Log::line(conf::LogLevel level, const LogSubject* subject) {
  const bool wanted = wants(level);
  return {wanted ? this : nullptr, level, format_.load(std::memory_order_relaxed),
          wanted ? clock_() : WallTime(), subject};
}

void Log::submit(LogEntry entry) {
  bool wake;
  {
    const std::lock_guard lock(mutex_);
    wake = queue_.empty();
    const bool full =
        queue_.entries.size() >= limits_.lines || queued_bytes_ + entry.text.size() > limits_.bytes;
    if (full ||
        queue_.dropped > 0) {  // no line goes in behind dropped ones: the report of them stands at the end
      ++queue_.dropped;
      dropped_total_.fetch_add(1, std::memory_order_relaxed);
    } else {
      queued_bytes_ += entry.text.size();
      queue_.entries.push_back(std::move(entry));
    }
  }
  if (wake) arrived_.notify_one();
}

Status Log::reconfigure(const conf::LogSettings& settings) {
  Result<std::unique_ptr<LogSink>> sink = openLogSink(settings);
  if (!sink) return Error{sink.error()};
  {
    const std::lock_guard lock(mutex_);
    queue_.sinks.emplace_back(queue_.entries.size(), std::move(sink).value());
    level_.store(levelOf(settings), std::memory_order_relaxed);
    format_.store(settings.format, std::memory_order_relaxed);
  }
  arrived_.notify_one();
  return Ok{};
}

bool Log::flush(milliseconds limit) {
  std::unique_lock lock(mutex_);
  const uint64_t awaited = batches_taken_ + (queue_.empty() ? 0 : 1);
  return written_.wait_for(lock, limit, [&] { return batches_written_ >= awaited; });
}

void Log::writeUntilStopped() {
  std::unique_lock lock(mutex_);
  for (;;) {
    arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Batch batch = std::exchange(queue_, {});
    queued_bytes_ = 0;
    ++batches_taken_;
    lock.unlock();
    write(batch);
    lock.lock();
    ++batches_written_;
    written_.notify_all();
  }
}

void Log::write(Batch& batch) {
  const std::span<const LogEntry> entries = batch.entries;
  size_t done = 0;
  for (auto& [at, sink] : batch.sinks) {
    writeRun(entries.subspan(done, at - done));
    done = at;
    sink_ = std::move(sink);
  }
  writeRun(entries.subspan(done));
  lost_ += batch.dropped;
  if (batch.dropped > 0) reportLost();
}

void Log::writeRun(std::span<const LogEntry> entries) {
  if (entries.empty()) return;
  if (lost_ > 0) reportLost();
  lost_ += sink_->write(entries);
}

void Log::reportLost() {
  LogLine line(this, conf::LogLevel::kWarning, format_.load(std::memory_order_relaxed), clock_(), nullptr);
  line << lost_ << " log lines lost: the log could not keep up";
  const LogEntry entry = std::move(line).take();
  if (sink_->write({&entry, 1}) == 0) lost_ = 0;
}

}  // namespace forebay
