#include "tests/rig/cache_history.h"

#include <algorithm>

namespace forebay::rig {
namespace {

// Follows one client through its operations.
class Client {
 public:
  Client(int number, Reads reads, const std::vector<Failover>& failovers,
         std::vector<std::string>& violations)
      : number_(number), reads_(reads), failovers_(failovers), violations_(violations) {}

  void check(const Operations& operations) {
    for (const Operation& operation : operations) {
      if (operation.kind == Operation::Kind::kWrite) {
        written_[operation.value] = operation.outcome;
        if (operation.outcome == Outcome::kAcknowledged) known_.push_back(operation);
      } else if (operation.kind == Operation::Kind::kRead && operation.outcome == Outcome::kAcknowledged) {
        checkRead(operation);
      }
    }
  }

 private:
  void checkRead(const Operation& read) {
    const auto found = written_.find(read.value);
    if (read.value != 0 && found == written_.end()) return complain(read, "was never written");
    if (found != written_.end() && found->second == Outcome::kNotExecuted)
      return complain(read, "was written, after its client was told that it was not executed");
    const bool came_late = found != written_.end() && found->second == Outcome::kUnknown;
    for (const Operation& before : known_) {
      if (before.value <= read.value || came_late || mayBeLost(before, read)) continue;
      return complain(read, "is older than " + std::to_string(before.value) + ", which was there before" +
                                (before.replicated ? ", on all replicas" : ""));
    }
    if (reads_ == Reads::kNewest) known_.push_back(read);
  }

  bool mayBeLost(const Operation& before, const Operation& read) const {
    return !before.replicated && std::ranges::any_of(failovers_, [&](const Failover& failover) {
      return failover.ended >= before.begun && failover.begun <= read.ended;
    });
  }

  void complain(const Operation& read, const std::string& why) {
    violations_.push_back("client " + std::to_string(number_) + ": read " + std::to_string(read.value) + " " +
                          why);
  }

  const int number_;
  const Reads reads_;
  const std::vector<Failover>& failovers_;
  std::vector<std::string>& violations_;
  std::map<int64_t, Outcome> written_;
  Operations known_;  // of what the client knows that it was there: its writes, and its reads
};

}  // namespace

std::vector<std::string> cacheViolationsOf(const History& history, const std::vector<Failover>& failovers) {
  std::vector<std::string> violations;
  for (const auto& [number, operations] : history.clients) {
    const auto reads = history.reads.find(number);
    Client(number, reads == history.reads.end() ? Reads::kNewest : reads->second, failovers, violations)
        .check(operations);
  }
  return violations;
}

}  // namespace forebay::rig
