#include "tests/chaos/table.h"

#include <algorithm>
#include <cstdio>
#include <set>

namespace forebay::chaos {
namespace {

constexpr size_t kMostDetails = 10;
constexpr const char* kHeader = "%8s  %-66s %9s %7s %9s %5s %10s\n";
constexpr const char* kRow = "%7.1fs  %-66s %6lld ms %7d %9d %5zu %10zu\n";
constexpr const char* kSkipped = "%7.1fs  %-66s skipped: %s\n";

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  char line[400];
  const int size = std::snprintf(line, sizeof line, format, values...);  // NOLINT(*-format-security)
  return {line, std::min(static_cast<size_t>(size), sizeof line - 1)};
}

std::string details(const std::vector<std::string>& lines) {
  std::string out;
  for (size_t i = 0; i < lines.size() && i < kMostDetails; ++i) {
    out += "          ! " + lines[i];
    if (!out.ends_with('\n')) out += '\n';
  }
  if (lines.size() > kMostDetails)
    out += "          ! and " + std::to_string(lines.size() - kMostDetails) + " more\n";
  return out;
}

}  // namespace

static int replicaReadsOf(const rig::History& history) {
  std::set<int> primaries;
  const auto each = [&](const auto& visit) {
    for (const auto& [number, operations] : history.clients)
      for (const rig::Operation& operation : operations)
        if (operation.outcome == rig::Outcome::kAcknowledged && operation.server_port != 0) visit(operation);
  };
  each([&](const rig::Operation& operation) {
    if (operation.kind == rig::Operation::Kind::kWrite) primaries.insert(operation.server_port);
  });
  int sum = 0;
  each([&](const rig::Operation& operation) { sum += !primaries.contains(operation.server_port); });
  return sum;
}

Result resultOf(const rig::History& history) {
  Result out{.outage = history.longestOutage()};
  out.writes = history.count(rig::Operation::Kind::kWrite, rig::Outcome::kAcknowledged);
  out.replica_reads = replicaReadsOf(history);
  out.errors_not_in_flight = history.errorsNotInFlight();
  int all = 0;
  for (const auto& [sqlstate, times] : history.errors()) all += times;
  out.errors_in_flight = all - static_cast<int>(out.errors_not_in_flight.size());
  return out;
}

std::string header() {
  return formatted(kHeader, "time", "fault", "outage", "writes", "errors in", "other", "violations") +
         formatted(kHeader, "", "", "", "", "flight", "errors", "");
}

std::string row(milliseconds time, const Fault& fault, const Result& result) {
  const double seconds = static_cast<double>(time.count()) / 1000;
  const std::string name = describe(fault);
  if (!result.skipped.empty()) return formatted(kSkipped, seconds, name.c_str(), result.skipped.c_str());
  return formatted(kRow, seconds, name.c_str(), static_cast<long long>(result.outage.count()), result.writes,
                   result.errors_in_flight, result.errors_not_in_flight.size(), result.violations.size()) +
         details(result.errors_not_in_flight) + details(result.violations);
}

void Verdict::add(const Fault& fault, const Result& result) {
  if (!result.skipped.empty()) {
    ++skipped_;
    return;
  }
  ++tried_;
  bad_ += !result.isGood();
  writes_ += result.writes;
  replica_reads_ += result.replica_reads;
  if (result.outage <= longest_) return;
  longest_ = result.outage;
  longest_of_ = describe(fault);
}

std::string Verdict::text(const std::string& command) const {
  std::string out = std::to_string(tried_) + " faults, " + std::to_string(skipped_) + " skipped, " +
                    std::to_string(writes_) + " writes acknowledged, " + std::to_string(replica_reads_) +
                    " of PostgreSQL's reads by replicas";
  if (!longest_of_.empty())
    out += ", longest outage " + std::to_string(longest_.count()) + " ms (" + longest_of_ + ")";
  out += "\n";
  if (isGood()) return out + "good: every promise was kept. The same again: " + command + "\n";
  if (tried_ == 0 && problems_ == 0) return out + "nothing was tried. The same again: " + command + "\n";
  return out + "BAD: " + std::to_string(bad_) + " of them broke a promise, " + std::to_string(problems_) +
         " other problems. The same again: " + command + "\n";
}

}  // namespace forebay::chaos
