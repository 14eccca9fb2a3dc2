#include "tests/rig/history.h"

#include <algorithm>

namespace forebay::rig {
namespace {

using Kind = Operation::Kind;

const char* nameOf(Kind kind) {
  switch (kind) {
    case Kind::kWrite: return "write";
    case Kind::kRead: return "read";
    case Kind::kLogin: return "login";
    case Kind::kIdle: return "idle connection";
  }
  return "?";
}

bool failed(const Operation& operation) { return operation.outcome != Outcome::kAcknowledged; }

// The errors that a client may get because its work was under way when a fault came.
bool tellsOfLostWork(const std::string& sqlstate) {
  return sqlstate.empty() || sqlstate == "57P01" || sqlstate == "08007";
}

bool accountsFor(const Disturbance& fault, const Operation& operation) {
  const bool is_caught = operation.begun <= fault.ended && operation.ended >= fault.begun;
  return is_caught && (tellsOfLostWork(operation.sqlstate) || fault.answers.contains(operation.sqlstate));
}

bool wasInFlight(const History& history, const Operation& operation) {
  const bool was_sent = operation.kind == Kind::kWrite || operation.kind == Kind::kRead;
  return was_sent && std::ranges::any_of(history.disturbances, [&](const Disturbance& fault) {
           return accountsFor(fault, operation);
         });
}

// Follows one client through its operations.
class Client {
 public:
  Client(int number, Reads reads, const std::set<int64_t>& committed, std::vector<std::string>& violations)
      : number_(number), reads_(reads), committed_(committed), violations_(violations) {}

  void check(const Operations& operations) {
    for (const Operation& operation : operations) {
      if (operation.kind == Kind::kWrite) {
        checkWrite(operation);
      } else if (operation.kind == Kind::kRead && !failed(operation)) {
        checkRead(operation.value);
      } else if (operation.kind == Kind::kLogin && reads_ == Reads::kSession) {
        seen_ = 0;
      }
    }
    for (const int64_t value : committed_)
      if (!written_.contains(value)) complain("value", value, "is in the journal, and nobody wrote it");
  }

 private:
  void checkWrite(const Operation& write) {
    written_[write.value] = write.outcome;
    const bool is_there = committed_.contains(write.value);
    if (write.outcome == Outcome::kAcknowledged && !is_there)
      complain("write", write.value, "was acknowledged, and is lost");
    if (write.outcome == Outcome::kNotExecuted && is_there)
      complain("write", write.value, "was executed, after its client was told that it was not");
    if (write.outcome == Outcome::kAcknowledged) seen_ = write.value;
  }

  void checkRead(int64_t value) {
    if (value < seen_) {
      complain("read", value, "is older than " + std::to_string(seen_) + ", which was there before");
    } else if (value != 0 && !written_.contains(value)) {
      complain("read", value, "was never written");
    } else if (value != 0 && !committed_.contains(value)) {
      complain("read", value, "is lost");
    }
    if (reads_ == Reads::kNewest) seen_ = std::max(seen_, value);
  }

  void complain(const char* what, int64_t value, const std::string& why) {
    violations_.push_back("client " + std::to_string(number_) + ": " + what + " " + std::to_string(value) +
                          " " + why);
  }

  const int number_;
  const Reads reads_;
  const std::set<int64_t>& committed_;
  std::vector<std::string>& violations_;
  std::map<int64_t, Outcome> written_;
  int64_t seen_ = 0;  // the newest value that the client must see from now on
};

}  // namespace

Outcome outcomeOf(const std::string& sqlstate, const std::string& severity) {
  const bool nobody_knows =
      sqlstate.empty() || sqlstate == "08007" || sqlstate == "08006" || severity == "PANIC";
  return nobody_knows ? Outcome::kUnknown : Outcome::kNotExecuted;
}

int History::count(Operation::Kind kind, Outcome outcome) const {
  int sum = 0;
  for (const auto& [number, operations] : clients)
    sum += static_cast<int>(std::ranges::count_if(operations, [&](const Operation& operation) {
      return operation.kind == kind && operation.outcome == outcome;
    }));
  return sum;
}

std::map<std::string, int> History::errors() const {
  std::map<std::string, int> out;
  for (const auto& [number, operations] : clients)
    for (const Operation& operation : operations)
      if (failed(operation)) ++out[operation.sqlstate.empty() ? "none" : operation.sqlstate];
  return out;
}

std::vector<std::string> History::errorsNotInFlight() const {
  std::vector<std::string> out;
  for (const auto& [number, operations] : clients)
    for (const Operation& operation : operations)
      if (failed(operation) && !wasInFlight(*this, operation))
        out.push_back("client " + std::to_string(number) + ": " + nameOf(operation.kind) + " " +
                      operation.sqlstate + " " + operation.error);
  return out;
}

int History::acknowledgedBy(int server_port, SteadyTime since, SteadyTime until) const {
  int sum = 0;
  for (const auto& [number, operations] : clients)
    sum += static_cast<int>(std::ranges::count_if(operations, [&](const Operation& operation) {
      return !failed(operation) && operation.server_port == server_port && operation.ended > since &&
             operation.ended < until;
    }));
  return sum;
}

milliseconds History::longestOutage() const {
  std::vector<SteadyTime> acknowledged;
  for (const auto& [number, operations] : clients)
    for (const Operation& operation : operations)
      if (operation.kind == Kind::kWrite && !failed(operation)) acknowledged.push_back(operation.ended);
  std::ranges::sort(acknowledged);
  SteadyTime::duration longest{};
  for (size_t i = 1; i < acknowledged.size(); ++i)
    longest = std::max(longest, acknowledged[i] - acknowledged[i - 1]);
  return std::chrono::duration_cast<milliseconds>(longest);
}

std::string History::summary() const {
  std::string out;
  for (const Kind kind : {Kind::kWrite, Kind::kRead})
    out += std::string(nameOf(kind)) + "s: " + std::to_string(count(kind, Outcome::kAcknowledged)) +
           " acknowledged, " + std::to_string(count(kind, Outcome::kNotExecuted)) + " not executed, " +
           std::to_string(count(kind, Outcome::kUnknown)) + " unknown; ";
  out += "errors:";
  for (const auto& [sqlstate, times] : errors()) out += " " + sqlstate + " " + std::to_string(times) + " x";
  return out;
}

std::vector<std::string> violationsOf(const History& history, const Journal& journal) {
  std::vector<std::string> violations;
  const std::set<int64_t> nothing;
  for (const auto& [number, operations] : history.clients) {
    const auto found = journal.find(number);
    const auto reads = history.reads.find(number);
    Client(number, reads == history.reads.end() ? Reads::kNewest : reads->second,
           found == journal.end() ? nothing : found->second, violations)
        .check(operations);
  }
  return violations;
}

}  // namespace forebay::rig
