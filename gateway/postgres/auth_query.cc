#include "gateway/postgres/auth_query.h"

#include "gateway/postgres/borrower.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"

namespace forebay::postgres {
namespace {

// Logins come in bursts; the pool for their questions need not be large.
constexpr uint32_t kPoolSize = 2;
constexpr size_t kMaxAnswer = 64 * 1024;
constexpr size_t kMaxEntries = 100000;

}  // namespace

// One question under way.
class AuthQueries::Question final : public net::Mortal, public Borrower {
 public:
  Question(AuthQueries& owner, Key key, WorkerPool& pool, std::string sql)
      : owner_(owner), key_(std::move(key)), pool_(pool), sql_(std::move(sql)) {}
  ~Question() override {
    if (waiting()) pool_.withdraw(*this);
    if (server_ != nullptr) server_->giveBack({});
  }

  void ask() { pool_.request(*this); }

  void lent(Server& server) override {
    server_ = &server;
    std::string messages;
    pgproto::appendQueryWithParameter(messages, sql_, key_.second);
    pools::ReplyTracker& tracker = server.tracker();
    for (int i = 0; i < 4; ++i) tracker.sent(pools::Owed::kExtended);  // Parse, Bind, Describe, Execute
    tracker.sent(pools::Owed::kSync);
    server.send(messages);
  }
  void promised(Server* server) override { server_ = server; }
  void failed(Bytes response) override { finish({std::nullopt, std::string(response)}); }

  void received(Bytes run) override {
    if (answer_.size() + run.size() <= kMaxAnswer) answer_ += run;
  }
  void ready(char, bool idle) override {
    if (!idle) return;
    std::exchange(server_, nullptr)->giveBack({});
    finish(read());
  }
  void serverLost(Bytes response) override {
    server_ = nullptr;
    finish({std::nullopt, response.empty() ? unanswered("the connection was lost") : std::string(response)});
  }
  void parameterChanged(Bytes, Bytes) override {}
  void commandCompleted(Bytes) override {}
  void nameConfirmed() override {}
  void batchEnded(bool) override {}
  void errorReceived(Bytes, uint32_t) override {}
  void serverWritable() override {}
  const pools::ParametersRef& wantedParameters() const override { return any_parameters_; }
  uint64_t borrowerId() const override { return 0; }
  bool patient() const override { return false; }

 private:
  std::string unanswered(const std::string& why) const {
    return errorResponse(pgproto::sqlstate::kConnectionFailure, "auth_query could not be asked",
                         why + " (pool " + pool_.databaseName() + "/" + pool_.user() + ").",
                         "Check auth_query, auth_user and its rights.");
  }

  // One row of two columns: the name, and the secret or NULL.
  Answer read() const {
    pgproto::Frame frame;
    std::vector<std::optional<Bytes>> values;
    for (Bytes rest = answer_; pgproto::scanFrame(rest, kMaxAnswer, frame) == pgproto::Scan::kFrame;
         rest = rest.substr(frame.whole.size())) {
      if (frame.type == 'E') {
        pgproto::ErrorFields fields;
        pgproto::parseErrorFields(frame.body, fields);
        return {std::nullopt, unanswered(std::string(fields.message()))};
      }
      if (frame.type != 'D' || !pgproto::parseDataRow(frame.body, values)) continue;
      if (values.size() != 2)
        return {std::nullopt, unanswered("it must give two columns: user name and secret")};
      if (values[0] == Bytes(key_.second) && values[1]) return {std::string(*values[1]), {}};
    }
    return {};
  }

  void finish(Answer answer) {
    const Key key = key_;
    owner_.answered(key, std::move(answer));
  }

  AuthQueries& owner_;
  const Key key_;
  WorkerPool& pool_;
  const std::string sql_;
  Server* server_ = nullptr;
  std::string answer_;
  pools::ParametersRef any_parameters_;
};

AuthQueries::AuthQueries(PostgresWorker& worker) : worker_(worker) {}
AuthQueries::~AuthQueries() = default;

void AuthQueries::stop() { entries_.clear(); }

bool AuthQueries::configured(const conf::Config& config, const conf::Database* database) {
  if (database == nullptr) return false;
  return !database->auth_user.value_or(config.postgres.auth_user).empty();
}

conf::Database AuthQueries::ownDatabase(const conf::Database& target, std::string_view asked,
                                        std::string_view auth_user) {
  conf::Database own = target;
  if (own.user != auth_user) own.password.clear();  // another user's
  own.user = auth_user;
  own.pool_size = kPoolSize;
  own.min_pool_size = 0;
  own.pool_mode = conf::PoolMode::kTransaction;
  own.startup_parameters["search_path"] = "pg_catalog";
  if (own.dbname.empty()) own.dbname = asked;
  return own;
}

std::string AuthQueries::databaseAsked(const conf::Config& config, const conf::Database& database,
                                       std::string_view name) {
  const std::string asked = database.auth_dbname.value_or(config.postgres.auth_dbname);
  return asked.empty() ? std::string(name) : asked;
}

void AuthQueries::find(const conf::Database& database, std::string_view database_name, std::string_view user,
                       Done done) {
  const Instant now = worker_.loop().now();
  const conf::Config& config = worker_.config();
  const std::string asked = databaseAsked(config, database, database_name);
  Key key{asked, std::string(user)};
  dropExpired(now);
  Entry& entry = entries_[key];
  if (!entry.question && entry.waiting.empty() && now < entry.expires) return done(entry.answer);
  entry.waiting.push_back(std::move(done));
  if (entry.question) return;

  const conf::Database* target = config.findDatabase(asked);
  if (target == nullptr) {
    return answered(
        key, {std::nullopt, errorResponse(pgproto::sqlstate::kInvalidCatalogName,
                                          "auth_dbname \"" + asked + "\" is not a configured database")});
  }
  const conf::Database own =
      ownDatabase(*target, asked, database.auth_user.value_or(config.postgres.auth_user));
  WorkerPool& pool = worker_.pool(own, asked + std::string(kPoolSuffix), own.user);
  entry.question =
      std::make_unique<Question>(*this, key, pool, database.auth_query.value_or(config.postgres.auth_query));
  entry.question->ask();
}

void AuthQueries::answered(const Key& key, Answer answer) {
  Entry& entry = entries_[key];
  if (entry.question) worker_.loop().bury(std::move(entry.question));
  const std::vector<Done> waiting = std::move(entry.waiting);
  entry.waiting.clear();
  entry.answer = answer;
  // A question that could not be asked is asked again by the next client.
  entry.expires =
      answer.failure.empty() ? worker_.loop().now() + worker_.postgres().auth_query_cache_ttl : Instant{};
  for (const Done& done : waiting) done(answer);
}

void AuthQueries::forget(const conf::Database& database, std::string_view database_name,
                         std::string_view user) {
  const auto found =
      entries_.find({databaseAsked(worker_.config(), database, database_name), std::string(user)});
  if (found != entries_.end()) found->second.expires = Instant{};
}

void AuthQueries::forgetAll() {
  for (auto& [key, entry] : entries_) entry.expires = Instant{};
}

void AuthQueries::dropExpired(Instant now) {
  if (entries_.size() < kMaxEntries) return;
  std::erase_if(entries_,
                [&](const auto& entry) { return !entry.second.question && entry.second.expires <= now; });
}

}  // namespace forebay::postgres
