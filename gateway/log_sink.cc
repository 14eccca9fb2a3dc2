#include "gateway/log_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace forebay {
namespace {

using conf::LogLevel;
using conf::LogSettings;

// Writes all of it, waiting where a terminal or a pipe was made non-blocking by somebody who shares it.
bool writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put >= 0) {
      text.remove_prefix(static_cast<size_t>(put));
    } else if (errno == EAGAIN) {
      pollfd wait{fd, POLLOUT, 0};
      ::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

class FileSink : public LogSink {
 public:
  FileSink(int fd, bool owned) : fd_(fd), owned_(owned) {}
  ~FileSink() override {
    if (owned_) ::close(fd_);
  }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  size_t write(std::span<const LogEntry> entries) override {
    constexpr size_t kEnough = 65536;  // a write of that much costs no more per line than a longer one
    size_t failed = 0;
    size_t held = 0;
    std::string chunk;
    for (size_t i = 0; i < entries.size(); ++i) {
      chunk.append(entries[i].text);
      ++held;
      if (chunk.size() < kEnough && i + 1 < entries.size()) continue;
      if (!writeAll(fd_, chunk)) failed += held;
      chunk.clear();
      held = 0;
    }
    return failed;
  }

 private:
  int fd_;
  bool owned_;
};

int priorityOf(LogLevel level) {
  switch (level) {
    case LogLevel::kError: return LOG_ERR;
    case LogLevel::kWarning: return LOG_WARNING;
    case LogLevel::kInfo: return LOG_INFO;
    case LogLevel::kDebug: return LOG_DEBUG;
  }
  return LOG_INFO;
}

class SyslogSink : public LogSink {
 public:
  SyslogSink(std::string ident, int facility) : ident_(std::move(ident)), facility_(facility) {}

  size_t write(std::span<const LogEntry> entries) override {
    // Each time anew, because a reload may have made another sink, and closed it, since the last batch.
    ::openlog(ident_.c_str(), LOG_PID, facility_);
    for (const LogEntry& entry : entries) {
      const std::string_view body = std::string_view(entry.text).substr(entry.body_at);
      const size_t length = body.empty() ? 0 : body.size() - 1;  // without the line feed
      ::syslog(priorityOf(entry.level), "%.*s", static_cast<int>(length), body.data());
    }
    ::closelog();  // it kept a pointer to ident_
    return 0;
  }

 private:
  std::string ident_;
  int facility_;
};

class BothSinks : public LogSink {
 public:
  BothSinks(std::unique_ptr<LogSink> one, std::unique_ptr<LogSink> other)
      : one_(std::move(one)), other_(std::move(other)) {}
  size_t write(std::span<const LogEntry> entries) override {
    other_->write(entries);
    return one_->write(entries);
  }

 private:
  std::unique_ptr<LogSink> one_, other_;
};

Result<int> facilityNamed(const std::string& name) {
  static constexpr std::pair<std::string_view, int> kFacilities[] = {
      {"auth", LOG_AUTH},     {"authpriv", LOG_AUTHPRIV}, {"cron", LOG_CRON},     {"daemon", LOG_DAEMON},
      {"ftp", LOG_FTP},       {"kern", LOG_KERN},         {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},
      {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3},     {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5},
      {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7},     {"lpr", LOG_LPR},       {"mail", LOG_MAIL},
      {"news", LOG_NEWS},     {"user", LOG_USER},         {"uucp", LOG_UUCP}};
  for (const auto& [known, facility] : kFacilities)
    if (known == name) return facility;
  return Error{"syslog_facility must be one of syslog's, such as daemon or local0, not '" + name + "'"};
}

Result<std::unique_ptr<LogSink>> openSyslog(const LogSettings& settings) {
  const Result<int> facility = facilityNamed(settings.syslog_facility);
  if (!facility) return Error{facility.error()};
  return std::unique_ptr<LogSink>(std::make_unique<SyslogSink>(settings.syslog_ident, facility.value()));
}

Result<std::unique_ptr<LogSink>> openFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
  if (fd < 0) return Error{"logfile " + path + ": " + std::generic_category().message(errno)};
  return std::unique_ptr<LogSink>(std::make_unique<FileSink>(fd, true));
}

}  // namespace

Status checkLogSink(const LogSettings& settings) {
  if (settings.syslog) {
    if (const Result<int> facility = facilityNamed(settings.syslog_facility); !facility)
      return Error{facility.error()};
  }
  if (settings.logfile.empty()) return Ok{};
  const std::filesystem::path path(settings.logfile);
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    error = std::make_error_code(std::errc::is_a_directory);
  else if (path.has_parent_path())
    std::filesystem::directory_iterator(path.parent_path(), error);
  // Who checks may have fewer rights than who will run it.
  if (!error || error == std::errc::permission_denied) return Ok{};
  return Error{"logfile " + settings.logfile + ": " + error.message()};
}

Result<std::unique_ptr<LogSink>> openLogSink(const LogSettings& settings) {
  if (settings.logfile.empty() && settings.syslog) return openSyslog(settings);
  if (settings.logfile.empty())
    return std::unique_ptr<LogSink>(std::make_unique<FileSink>(STDERR_FILENO, false));
  Result<std::unique_ptr<LogSink>> file = openFile(settings.logfile);
  if (!file || !settings.syslog) return file;
  Result<std::unique_ptr<LogSink>> syslog = openSyslog(settings);
  if (!syslog) return syslog;
  return std::unique_ptr<LogSink>(
      std::make_unique<BothSinks>(std::move(file).value(), std::move(syslog).value()));
}

}  // namespace forebay
