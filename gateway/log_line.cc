#include "gateway/log_line.h"

#include <cstdio>
#include <ctime>
#include <utility>

#include "gateway/log.h"
#include "gateway/log_text.h"

namespace forebay {
namespace {

using conf::LogFormat;
using conf::LogLevel;

std::string_view levelName(LogLevel level) {
  switch (level) {
    case LogLevel::kError: return "ERROR";
    case LogLevel::kWarning: return "WARNING";
    case LogLevel::kInfo: return "INFO";
    case LogLevel::kDebug: return "DEBUG";
  }
  return "";
}

std::string_view jsonLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kError: return "error";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kInfo: return "info";
    case LogLevel::kDebug: return "debug";
  }
  return "";
}

// "2026-11-21T10:11:12.123Z"
void appendTimestamp(std::string& out, WallTime at) {
  const auto since_epoch = std::chrono::floor<milliseconds>(at).time_since_epoch();
  const time_t whole = static_cast<time_t>(std::chrono::floor<seconds>(since_epoch).count());
  const int rest = static_cast<int>((since_epoch - seconds(whole)).count());
  std::tm utc{};
  gmtime_r(&whole, &utc);
  char text[64];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  out.append(text, length);
  std::snprintf(text, sizeof text, ".%03dZ", rest);
  out.append(text);
}

std::string nameOf(const LogSubject& subject) {
  return std::string(1, subject.kind) + "-" + std::to_string(subject.id);
}

// Quoted when a reader could not see where it ends: a user may be called "a/b@c closed".
void appendWord(std::string& out, std::string_view text) {
  if (!text.empty() && text.find_first_of(" \"/@=") == std::string_view::npos)
    return appendPrintable(out, text);
  out.push_back('"');
  appendJsonEscaped(out, text);
  out.push_back('"');
}

// "C-4182 orders/app@10.0.3.7:51522 "; what is not known yet reads "(none)", as in PgBouncer's log.
void appendTextSubject(std::string& out, const LogSubject& subject) {
  out.append(nameOf(subject)).push_back(' ');
  appendWord(out, subject.database.empty() ? "(none)" : subject.database);
  out.push_back('/');
  appendWord(out, subject.user.empty() ? "(none)" : subject.user);
  out.push_back('@');
  appendPrintable(out, subject.peer);
  out.push_back(' ');
}

void appendJsonMember(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":\"");
  appendJsonEscaped(out, value);
  out.push_back('"');
}

void appendJsonSubject(std::string& out, const LogSubject& subject) {
  appendJsonMember(out, subject.kind == 'S' ? "server" : "client", nameOf(subject));
  if (!subject.database.empty()) appendJsonMember(out, "database", subject.database);
  if (!subject.user.empty()) appendJsonMember(out, "user", subject.user);
  if (!subject.peer.empty()) appendJsonMember(out, "peer", subject.peer);
}

}  // namespace

LogLine::LogLine(Log* log, LogLevel level, LogFormat format, WallTime at, const LogSubject* subject)
    : log_(log), level_(level), format_(format) {
  if (log_ == nullptr) return;
  if (format_ == LogFormat::kJson) {
    head_.append("{\"ts\":\"");
    appendTimestamp(head_, at);
    head_.append("\",\"level\":\"").append(jsonLevelName(level)).push_back('"');
    if (subject != nullptr) appendJsonSubject(head_, *subject);
  } else {
    appendTimestamp(head_, at);
    head_.append(" ").append(levelName(level)).push_back(' ');
    body_at_ = head_.size();
    if (subject != nullptr) appendTextSubject(head_, *subject);
  }
}

LogLine::LogLine(LogLine&& other) noexcept
    : log_(std::exchange(other.log_, nullptr)),
      level_(other.level_),
      format_(other.format_),
      head_(std::move(other.head_)),
      body_at_(other.body_at_),
      message_(std::move(other.message_)),
      fields_(std::move(other.fields_)) {}

LogLine::~LogLine() {
  if (log_ == nullptr) return;
  Log* log = log_;
  log->submit(std::move(*this).take());
}

void LogLine::appendNumber(std::string& out, double value) {
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%.6g", value);
  out.append(text, static_cast<size_t>(length));
}

void LogLine::append(std::string& out, Duration value) {
  const double us = std::chrono::duration<double, std::micro>(value).count();
  const bool long_enough = us >= 1e6 || us <= -1e6;
  const bool short_one = us > -1e3 && us < 1e3 && us != 0;
  appendNumber(out, long_enough || us == 0 ? us / 1e6 : short_one ? us : us / 1e3);
  out.append(long_enough || us == 0 ? " s" : short_one ? " us" : " ms");
}

void LogLine::appendRenderedField(std::string_view name, std::string_view text, bool bare) {
  if (format_ == LogFormat::kText) {
    fields_.append(" ").append(name).push_back('=');
    appendWord(fields_, text);
  } else if (bare) {
    fields_.append(",\"").append(name).append("\":").append(text);
  } else {
    appendJsonMember(fields_, name, text);
  }
}

LogEntry LogLine::take() && {
  log_ = nullptr;
  if (format_ == LogFormat::kJson) {
    appendJsonMember(head_, "message", message_);
    head_.append(fields_).append("}\n");
  } else {
    appendPrintable(head_, message_);
    head_.append(fields_).push_back('\n');
  }
  return {level_, std::move(head_), body_at_};
}

}  // namespace forebay
