// Reads the text of /metrics, as a test wants to look at it.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace forebay::http {

inline std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// The value of one series, such as `forebay_workers` or `x{a="b"}`.
inline std::string valueOf(const std::string& text, const std::string& series) {
  for (const std::string& line : linesOf(text)) {
    if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
  }
  ADD_FAILURE() << "no series " << series << " in\n" << text;
  return "";
}

inline double numberOf(const std::string& text, const std::string& series) {
  const std::string value = valueOf(text, series);
  return value.empty() ? -1 : std::stod(value);
}

inline bool hasSeries(const std::string& text, const std::string& name) {
  for (const std::string& line : linesOf(text))
    if (line.starts_with(name + "{") || line.starts_with(name + " ")) return true;
  return false;
}

}  // namespace forebay::http
