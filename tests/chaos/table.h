// The table that a run prints, one line per fault, and the verdict at its end.
#pragma once

#include <string>
#include <vector>

#include "tests/chaos/fault.h"
#include "tests/rig/history.h"

namespace forebay::chaos {

// What one fault did to its clients.
struct Result {
  std::string skipped{};  // why it could not be tried here; then nothing else counts
  milliseconds outage{};  // the longest time without an acknowledged write
  int writes = 0;         // acknowledged
  int replica_reads = 0;  // by servers that took no write meanwhile
  int errors_in_flight = 0;
  std::vector<std::string> errors_not_in_flight{}, violations{};

  bool isGood() const { return errors_not_in_flight.empty() && violations.empty(); }
};

// Of what clients have noted, but for the violations.
Result resultOf(const rig::History& history);

std::string header();
// With the details of what should not have been below it. `time`: since the run began.
std::string row(milliseconds time, const Fault& fault, const Result& result);

// Sums up a run.
class Verdict {
 public:
  void add(const Fault& fault, const Result& result);
  void addProblem() { ++problems_; }  // whatever else should not have been
  bool isGood() const { return problems_ == 0 && bad_ == 0 && tried_ > 0; }
  // `command` repeats the run.
  std::string text(const std::string& command) const;

 private:
  int tried_ = 0, skipped_ = 0, bad_ = 0, problems_ = 0;
  long writes_ = 0, replica_reads_ = 0;
  milliseconds longest_{};
  std::string longest_of_;
};

}  // namespace forebay::chaos
