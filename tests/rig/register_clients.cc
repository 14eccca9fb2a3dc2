#include "tests/rig/register_clients.h"

#include <charconv>
#include <optional>
#include <random>
#include <utility>

#include "tests/rig/connection.h"
#include "tests/rig/progress.h"

namespace forebay::rig {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = Operation::Kind;

// An HA manager waits for a lease to run out before it promotes anybody.
constexpr milliseconds kClientPatience = seconds(90);

// What PostgreSQL itself offers to tell its port a gateway takes for no read: it asks for this very server.
constexpr const char* kTables =
    "create function here() returns int stable language sql as 'select inet_server_port()';"
    "create table register (client int primary key, value bigint not null, port int);"
    "create table journal (client int, value bigint, primary key (client, value));"
    "create function keep_journal() returns trigger language plpgsql as "
    "$$ begin insert into journal values (new.client, new.value); return null; end $$;"
    "create trigger keep_journal after update on register for each row execute function keep_journal();";

int64_t number(const std::string& text) {
  int64_t out = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), end, out).ptr != end || text.empty()) fail("not a number: " + text);
  return out;
}

// The answer to one statement; the first error counts, the end of the connection often follows it.
struct Answer {
  bool sent = false;
  std::optional<QueryResult> result{};

  bool ok() const { return result && result->ok(); }
  std::string sqlstate() const { return result ? result->sqlstate() : ""; }
  Outcome outcome() const {
    return outcomeOf(sqlstate(), result ? result->errorField(PG_DIAG_SEVERITY_NONLOCALIZED) : "");
  }
};

Answer collect(Connection& connection) {
  Answer answer{true, std::nullopt};
  while (std::optional<QueryResult> result = connection.next()) {
    if (!answer.result || answer.result->ok()) answer.result = std::move(result);
    if (connection.broken()) break;
  }
  return answer;
}

Answer ask(Connection& connection, const std::string& sql, bool extended = false) {
  const int sent =
      extended ? PQsendQueryParams(connection.handle(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0)
               : PQsendQuery(connection.handle(), sql.c_str());
  return sent ? collect(connection) : Answer{};
}

}  // namespace

class RegisterClients::Client {
 public:
  Client(std::string conninfo, int number, uint32_t seed, milliseconds rest)
      : conninfo_(std::move(conninfo)),
        where_(" where client = " + std::to_string(number)),
        rest_(rest),
        random_(seed * 1000003u + static_cast<uint32_t>(number)),
        thread_([this] { run(); }) {}

  ~Client() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  // How many writes were begun, and the number of the last one that was acknowledged.
  int64_t begun() const { return value_; }
  int64_t acknowledged() const { return acknowledged_; }

  void endSoon() { stopping_ = true; }
  Operations finish() {
    thread_.join();
    if (!problem_.empty()) fail(problem_);
    return std::move(done_);
  }

 private:
  void run() {
    try {
      while (!stopping_) {
        if (!connection_) logIn();
        if (connection_) step();
        std::this_thread::sleep_for(rest_);
      }
    } catch (const RigError& error) {
      problem_ = "a client cannot go on: " + std::string(error.what());
    }
  }

  void logIn() {
    Operation login{.kind = Kind::kLogin, .begun = Clock::now()};
    try {
      connection_.emplace(conninfo_, kClientPatience);
    } catch (const RigError& error) {
      login.outcome = Outcome::kNotExecuted;
      login.sqlstate = "login";
      login.error = error.what();
    }
    note(std::move(login));
  }

  void step() {
    if (endedWhileIdle()) return;
    Operation operation{.kind = random_() % 3 == 0 ? Kind::kRead : Kind::kWrite, .begun = Clock::now()};
    if (operation.kind == Kind::kRead) {
      read(operation);
    } else if (random_() % 2 == 0) {
      operation.value = ++value_;
      writeAtOnce(operation);
    } else {
      operation.value = ++value_;
      writeInTransaction(operation);
    }
    note(std::move(operation));
    if (connection_->broken()) connection_.reset();
  }

  // libpq takes an error that comes while nothing runs for a notice, and finds the end only when it next
  // reads.
  bool endedWhileIdle() {
    PQconsumeInput(connection_->handle());
    PQisBusy(connection_->handle());  // looks at what was read
    std::string error;
    for (const std::string& notice : connection_->takeNotices())
      if (notice.find("FATAL") != std::string::npos) error = notice;
    if (error.empty() && PQconsumeInput(connection_->handle()) != 0 && !connection_->broken()) return false;
    if (error.empty()) error = connection_->lastError();
    note({.kind = Kind::kIdle, .outcome = Outcome::kNotExecuted, .error = error, .begun = Clock::now()});
    connection_.reset();
    return true;
  }

  void read(Operation& operation) {
    const Answer answer =
        ask(*connection_, "select value, here() from register" + where_, random_() % 2 == 0);
    if (!answer.ok()) return failed(operation, answer, Outcome::kNotExecuted);
    operation.value = number(answer.result->value(0, 0));
    operation.server_port = static_cast<int>(number(answer.result->value(0, 1)));
  }

  std::string update(int64_t value) const {
    const std::string text = std::to_string(value);
    return "update register set value = " + text + ", port = here()" + where_ + " and value < " + text +
           " returning port";
  }

  void writeAtOnce(Operation& operation) {
    const Answer answer = ask(*connection_, update(operation.value), random_() % 2 == 0);
    if (!answer.ok()) return failed(operation, answer, answer.outcome());
    takePort(operation, *answer.result);
  }

  // Until COMMIT is sent nothing can have been committed, whatever becomes of the connection.
  void writeInTransaction(Operation& operation) {
    if (const Answer begin = ask(*connection_, "begin"); !begin.ok())
      return failed(operation, begin, Outcome::kNotExecuted);
    const Answer updated = ask(*connection_, update(operation.value), random_() % 2 == 0);
    if (!updated.ok()) {
      if (!connection_->broken()) ask(*connection_, "rollback");
      return failed(operation, updated, Outcome::kNotExecuted);
    }
    const Answer commit = ask(*connection_, "commit");
    if (!commit.ok()) return failed(operation, commit, commit.outcome());
    if (commit.result->tag() != "COMMIT") fail("COMMIT was answered with " + commit.result->tag());
    takePort(operation, *updated.result);
  }

  void takePort(Operation& operation, const QueryResult& result) {
    if (result.rows() != 1) fail("a write met a value that this client has not written yet");
    operation.server_port = static_cast<int>(number(result.value()));
  }

  // `at_worst`: what is to be assumed of a request that was sent.
  void failed(Operation& operation, const Answer& answer, Outcome at_worst) {
    operation.outcome = answer.sent ? at_worst : Outcome::kNotExecuted;
    operation.sqlstate = answer.sqlstate();
    operation.error = answer.result ? answer.result->error() : connection_->lastError();
  }

  void note(Operation operation) {
    operation.ended = Clock::now();
    if (operation.outcome == Outcome::kAcknowledged && operation.kind == Kind::kWrite)
      acknowledged_ = operation.value;
    done_.push_back(std::move(operation));
  }

  const std::string conninfo_, where_;
  const milliseconds rest_;
  std::mt19937 random_;
  std::optional<Connection> connection_;
  Operations done_;
  std::string problem_;
  std::atomic<int64_t> value_ = 0, acknowledged_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // last: everything else is there before it runs
};

void RegisterClients::prepare(PostgresServer& primary, int count) { prepare(primary.conninfo(), count); }

void RegisterClients::prepare(const std::string& conninfo, int count) {
  Connection superuser(conninfo);
  superuser.run(kTables);
  superuser.run("insert into register select i, 0 from generate_series(0, " + std::to_string(count - 1) +
                ") i");
}

void RegisterClients::clear(PostgresServer& primary) {
  primary.run("update register set value = 0, port = null; truncate journal");
}

Journal RegisterClients::journalOf(PostgresServer& primary) { return journalOf(primary.conninfo()); }

Journal RegisterClients::journalOf(const std::string& conninfo) {
  const QueryResult rows = Connection(conninfo).exec("select client, value from journal");
  if (!rows.ok()) fail(rows.error());
  Journal journal;
  for (int row = 0; row < rows.rows(); ++row)
    journal[static_cast<int>(number(rows.value(row, 0)))].insert(number(rows.value(row, 1)));
  return journal;
}

RegisterClients::RegisterClients(std::vector<Route> routes, int count, uint32_t seed, milliseconds rest)
    : routes_(std::move(routes)) {
  for (int i = 0; i < count; ++i)
    clients_.push_back(std::make_unique<Client>(routeOf(static_cast<size_t>(i)).conninfo, i, seed, rest));
}

RegisterClients::~RegisterClients() = default;

void RegisterClients::awaitProgress(int writes, milliseconds limit) {
  awaitProgressOf(clients_, writes, limit);
}

void RegisterClients::disturb(const std::function<void()>& fault, std::set<std::string> answers) {
  const SteadyTime begun = Clock::now();
  fault();
  disturbances_.push_back({begun, Clock::now() + kFaultGrace, std::move(answers)});
}

History RegisterClients::stop() {
  for (const auto& client : clients_) client->endSoon();
  History history{.clients = {}, .disturbances = disturbances_};
  for (size_t i = 0; i < clients_.size(); ++i) {
    history.clients[static_cast<int>(i)] = clients_[i]->finish();
    history.reads[static_cast<int>(i)] = routeOf(i).reads;
  }
  return history;
}

}  // namespace forebay::rig
