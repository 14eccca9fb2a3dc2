#include "redisproto/builder.h"

#include <cassert>
#include <charconv>
#include <cmath>

namespace forebay::redisproto {

namespace {

constexpr std::string_view kEnd = "\r\n";

template <class Number>
void appendLine(std::string& out, char type, Number value) {
  char line[24];
  line[0] = type;
  char* const end = std::to_chars(line + 1, line + sizeof line - kEnd.size(), value).ptr;
  end[0] = '\r';
  end[1] = '\n';
  out.append(line, static_cast<size_t>(end + kEnd.size() - line));
}

void appendLine(std::string& out, char type, std::string_view text) {
  out.push_back(type);
  out.append(text).append(kEnd);
}

// As Redis spells them, which is not how a C library spells every NaN.
std::string_view spell(double value, char (&text)[32]) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const char* const end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, static_cast<size_t>(end - text)};
}

}  // namespace

void appendSimple(std::string& out, std::string_view text) {
  assert(text.find_first_of(kEnd) == text.npos);
  appendLine(out, '+', text);
}

void appendError(std::string& out, std::string_view text) {
  const size_t begin = out.size() + 1;
  appendLine(out, '-', text);
  const size_t end = out.size() - kEnd.size();
  for (size_t i = out.find_first_of(kEnd, begin); i < end; i = out.find_first_of(kEnd, i)) out[i] = ' ';
}

void appendInteger(std::string& out, int64_t value) { appendLine(out, ':', value); }

void appendBulk(std::string& out, Bytes value) {
  appendLine(out, '$', value.size());
  out.append(value).append(kEnd);
}

void appendNull(std::string& out, Resp resp) { out.append(resp == Resp::k3 ? "_\r\n" : "$-1\r\n"); }

void appendNullArray(std::string& out, Resp resp) { out.append(resp == Resp::k3 ? "_\r\n" : "*-1\r\n"); }

void appendArray(std::string& out, size_t count) { appendLine(out, '*', count); }

void appendMap(std::string& out, size_t pairs, Resp resp) {
  if (resp == Resp::k3) return appendLine(out, '%', pairs);
  appendArray(out, pairs * 2);
}

void appendSet(std::string& out, size_t count, Resp resp) {
  appendLine(out, resp == Resp::k3 ? '~' : '*', count);
}

void appendPush(std::string& out, size_t count, Resp resp) {
  appendLine(out, resp == Resp::k3 ? '>' : '*', count);
}

void appendBoolean(std::string& out, bool value, Resp resp) {
  if (resp == Resp::k3) return appendLine(out, '#', value ? std::string_view("t") : std::string_view("f"));
  appendInteger(out, value ? 1 : 0);
}

void appendDouble(std::string& out, double value, Resp resp) {
  char text[32];
  if (resp == Resp::k3) return appendLine(out, ',', spell(value, text));
  appendBulk(out, spell(value, text));
}

void appendVerbatim(std::string& out, std::string_view text, Resp resp) {
  constexpr std::string_view kFormat = "txt:";
  if (resp == Resp::k2) return appendBulk(out, text);
  appendLine(out, '=', kFormat.size() + text.size());
  out.append(kFormat).append(text).append(kEnd);
}

void appendRequest(std::string& out, std::span<const Bytes> args) {
  appendArray(out, args.size());
  for (const Bytes arg : args) appendBulk(out, arg);
}

std::string request(std::initializer_list<Bytes> args) {
  std::string out;
  appendRequest(out, {args.begin(), args.size()});
  return out;
}

}  // namespace forebay::redisproto
