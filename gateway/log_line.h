// LogLine builds one line of the log, in the text or the JSON format, and submits it when it goes out of
// scope:
//
//   log.info(who) << "closed: no server within " << timeout << " (" << lent << " lent, " << waiting << "
//   waiting)"; 2026-11-21T10:11:12.123Z INFO C-4182 orders/app@10.0.3.7:51522 closed: no server within 5 s
//   (20 lent, 7 waiting)
//
// A line below the log's level is inert: nothing is formatted. Anything may be streamed in; control
// characters come out escaped. Never pass SQL text, keys, values or passwords.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "conf/config.h"
#include "gateway/log_sink.h"

namespace forebay {

class Log;

// Whom a line is about: a client ("C-4182") or a server ("S-17"). Views: they need to live as long as the
// LogLine.
struct LogSubject {
  char kind = 'C';
  uint64_t id = 0;
  std::string_view database{}, user{};  // empty until they are known
  std::string_view peer{};              // "10.0.3.7:51522", "unix"
};

class LogLine {
 public:
  // `log` null: an inert line. `subject` null: the line is about the gateway itself.
  LogLine(Log* log, conf::LogLevel level, conf::LogFormat format, WallTime at, const LogSubject* subject);
  ~LogLine();  // submits the line
  LogLine(LogLine&& other) noexcept;
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;
  LogLine& operator=(LogLine&&) = delete;

  template <typename T>
  LogLine& operator<<(const T& value) & {
    if (log_ != nullptr) append(message_, value);
    return *this;
  }
  template <typename T>
  LogLine&& operator<<(const T& value) && {
    *this << value;
    return std::move(*this);
  }

  // A value of its own for machines: a member in JSON, ` name=value` at the end of a text line. Names are
  // ours, lower-case words. A duration is a number of seconds.
  template <typename T>
  LogLine& field(std::string_view name, const T& value) & {
    if (log_ != nullptr) appendField(name, value);
    return *this;
  }
  template <typename T>
  LogLine&& field(std::string_view name, const T& value) && {
    field(name, value);
    return std::move(*this);
  }

 private:
  friend class Log;
  LogEntry take() &&;  // the finished line; it will not be submitted

  static void append(std::string& out, std::string_view text) { out.append(text); }
  static void append(std::string& out, char c) { out.push_back(c); }
  static void append(std::string& out, Duration value);  // "5 s", "250 ms", "1.5 s"
  static void append(std::string& out, std::floating_point auto value) { appendNumber(out, value); }
  template <std::integral T>
  static void append(std::string& out, T value) {
    if constexpr (std::is_same_v<T, bool>) {  // an overload for bool would also take every pointer
      out.append(value ? "true" : "false");
    } else {
      out.append(std::to_string(value));
    }
  }

  template <typename T>
  void appendField(std::string_view name, const T& value) {
    std::string text;
    if constexpr (std::is_convertible_v<T, Duration>) {
      appendNumber(text, std::chrono::duration<double>(value).count());  // seconds
    } else {
      append(text, value);
    }
    bool bare = (std::is_integral_v<T> && !std::is_same_v<T, char>) || std::is_convertible_v<T, Duration>;
    if constexpr (std::is_floating_point_v<T>)
      bare = std::isfinite(value);  // JSON has no word for the others
    appendRenderedField(name, text, bare);
  }
  static void appendNumber(std::string& out, double value);
  void appendRenderedField(std::string_view name, std::string_view text, bool bare);

  Log* log_;
  conf::LogLevel level_;
  conf::LogFormat format_;
  std::string head_;     // finished already: time, level, subject
  size_t body_at_ = 0;   // where syslog, which adds time and level itself, starts to read
  std::string message_;  // as streamed in, not yet escaped
  std::string fields_;   // finished
};

}  // namespace forebay
