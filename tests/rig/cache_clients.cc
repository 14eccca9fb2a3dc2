#include "tests/rig/cache_clients.h"

#include <atomic>
#include <charconv>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "tests/rig/progress.h"
#include "tests/rig/redis_connection.h"

namespace forebay::rig {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = Operation::Kind;

constexpr milliseconds kClientPatience = seconds(90);
constexpr const char* kWaitMilliseconds = "200";
constexpr std::string_view kConnectionLost = "ERR the connection to the server was lost";
constexpr std::string_view kOutcomeUnknown = "ERR the connection to the server was lost before it answered";

std::string keyOf(int client) { return "register:" + std::to_string(client); }

// The value tells whose it is, so an answer that goes astray is found.
std::string valueOf(int client, int64_t number) {
  return std::to_string(client) + ":" + std::to_string(number);
}

int64_t numberIn(const RedisValue& value, int client) {
  if (value.isNull()) return 0;
  const std::string owner = std::to_string(client) + ":";
  int64_t out = 0;
  const char* const end = value.text.data() + value.text.size();
  if (!value.text.starts_with(owner) ||
      std::from_chars(value.text.data() + owner.size(), end, out).ptr != end)
    fail("client " + std::to_string(client) + " got the answer " + value.shown());
  return out;
}

}  // namespace

class CacheClients::Client {
 public:
  Client(uint16_t port, int number, int replicas, uint32_t seed, milliseconds rest)
      : port_(port),
        number_(number),
        replicas_(std::to_string(replicas)),
        rest_(rest),
        random_(seed * 1000003u + static_cast<uint32_t>(number)),
        thread_([this] { run(); }) {}

  ~Client() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  int64_t begun() const { return value_; }
  int64_t acknowledged() const { return acknowledged_; }

  void endSoon() { stopping_ = true; }
  Operations finish() {
    thread_.join();
    return std::move(done_);
  }
  // What is there when all is over, whoever answers.
  Operation lastRead(RedisServer& primary) const {
    Operation read{.kind = Kind::kRead, .begun = Clock::now()};
    read.value = numberIn(primary.run(get()), number_);
    read.ended = Clock::now();
    return read;
  }

 private:
  void run() {
    while (!stopping_) {
      try {
        if (!connection_) connection_.emplace(port_);
        step();
      } catch (const RigError& error) {  // no fault behind the gateway is a reason for that
        note({.kind = Kind::kIdle,
              .outcome = Outcome::kNotExecuted,
              .sqlstate = "lost",
              .error = error.what(),
              .begun = Clock::now()});
        connection_.reset();
      }
      std::this_thread::sleep_for(rest_);
    }
  }

  void step() {
    switch (random_() % 4) {
      case 0: return read();
      case 1: return writeAndRead();
      case 2: return writeEverywhere();
      default: return write();
    }
  }

  RedisArgs set(int64_t value) const { return {"SET", keyOf(number_), valueOf(number_, value)}; }
  RedisArgs get() const { return {"GET", keyOf(number_)}; }

  void read() {
    Operation operation{.kind = Kind::kRead, .begun = Clock::now()};
    connection_->sendCommand(get());
    finishRead(std::move(operation));
  }

  void write() { finishWrite(beginWrite()); }

  void writeAndRead() {
    Operation write{.value = ++value_, .begun = Clock::now()};
    connection_->send(encode(set(write.value)) + encode(get()));
    Operation read{.kind = Kind::kRead, .begun = write.begun};
    finishWrite(std::move(write));
    finishRead(std::move(read));
  }

  void writeEverywhere() {
    Operation operation = beginWrite();
    const RedisValue answer = receive();
    if (!answer.isError()) {
      connection_->sendCommand({"WAIT", replicas_, kWaitMilliseconds});
      const RedisValue count = receive();
      operation.replicated = !count.isError() && count.integer >= std::stol(replicas_);
      if (count.isError()) noteFailedWait(operation.begun, count);
    }
    noteWrite(std::move(operation), answer);
  }

  Operation beginWrite() {
    Operation operation{.value = ++value_, .begun = Clock::now()};
    connection_->sendCommand(set(operation.value));
    return operation;
  }
  void finishWrite(Operation operation) { noteWrite(std::move(operation), receive()); }

  void noteWrite(Operation operation, const RedisValue& answer) {
    if (answer.isError()) return noteError(std::move(operation), answer);
    acknowledged_ = operation.value;
    note(std::move(operation));
  }

  void finishRead(Operation operation) {
    const RedisValue answer = receive();
    if (answer.isError()) return noteError(std::move(operation), answer);
    operation.value = numberIn(answer, number_);
    note(std::move(operation));
  }

  // Redis itself ends a WAIT when it becomes a replica. One whose connection is lost is not asked again, sent
  // or not: another primary would count other replicas.
  void noteFailedWait(SteadyTime begun, const RedisValue& answer) {
    if (answer.text.starts_with("UNBLOCKED ")) return;
    Operation wait{.kind = Kind::kRead, .outcome = Outcome::kNotExecuted, .begun = begun};
    if (!answer.text.starts_with(kConnectionLost)) wait.sqlstate = "WAIT";
    wait.error = answer.text;
    note(std::move(wait));
  }

  // Only that nobody knows what became of it may be said of work that was under way, and of no read.
  void noteError(Operation operation, const RedisValue& answer) {
    const bool nobody_knows = answer.text.starts_with(kOutcomeUnknown);
    operation.outcome = nobody_knows ? Outcome::kUnknown : Outcome::kNotExecuted;
    const bool is_lost_work = nobody_knows && operation.kind == Kind::kWrite;
    if (!is_lost_work) operation.sqlstate = answer.text.substr(0, answer.text.find(' '));
    operation.error = answer.text;
    note(std::move(operation));
  }

  RedisValue receive() { return connection_->receive(kClientPatience); }

  void note(Operation operation) {
    operation.ended = Clock::now();
    done_.push_back(std::move(operation));
  }

  const uint16_t port_;
  const int number_;
  const std::string replicas_;
  const milliseconds rest_;
  std::mt19937 random_;
  std::optional<RedisConnection> connection_;
  Operations done_;
  std::atomic<int64_t> value_ = 0, acknowledged_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // last: everything else is there before it runs
};

void CacheClients::clear(RedisServer& primary, int replicas) {
  RedisConnection connection = primary.connect();
  connection.run({"FLUSHALL"});
  const RedisArgs wait{"WAIT", std::to_string(replicas), "0"};
  if (connection.run(wait).integer < replicas) fail("the replicas do not hear of it");
}

CacheClients::CacheClients(std::vector<Route> routes, int count, int replicas, uint32_t seed,
                           milliseconds rest)
    : routes_(std::move(routes)) {
  for (int i = 0; i < count; ++i)
    clients_.push_back(
        std::make_unique<Client>(routeOf(static_cast<size_t>(i)).port, i, replicas, seed, rest));
}

CacheClients::~CacheClients() = default;

void CacheClients::awaitProgress(int writes, milliseconds limit) { awaitProgressOf(clients_, writes, limit); }

void CacheClients::disturb(const std::function<void()>& fault) {
  const SteadyTime begun = Clock::now();
  fault();
  disturbances_.push_back({begun, Clock::now() + kFaultGrace});
}

History CacheClients::stop(RedisServer& primary) {
  for (const auto& client : clients_) client->endSoon();
  History history{.clients = {}, .disturbances = disturbances_};
  for (size_t i = 0; i < clients_.size(); ++i) {
    Operations& noted = history.clients[static_cast<int>(i)] = clients_[i]->finish();
    noted.push_back(clients_[i]->lastRead(primary));
    history.reads[static_cast<int>(i)] = routeOf(i).reads;
  }
  return history;
}

}  // namespace forebay::rig
