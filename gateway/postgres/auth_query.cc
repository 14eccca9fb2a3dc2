#include "gateway/postgres/auth_query.h"

#include <cassert>
#include <utility>

#include "gateway/postgres/own_query.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/report.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/messages.h"

namespace forebay::postgres {
namespace {

// Logins come in bursts; the pool for their questions need not be large.
constexpr uint32_t kPoolSize = 2;
constexpr size_t kMaxAnswer = 64 * 1024;
constexpr size_t kMaxAnswers = 20000;  // each takes about half a KiB
constexpr size_t kMaxWaiting = 20000;  // more than log in at once, even where all clients come back together

}  // namespace

// One question under way.
class AuthQueries::Question final : public OwnQuery {
 public:
  Question(AuthQueries& owner, AuthRequest request, WorkerPool& pool)
      : OwnQuery(pool), owner_(owner), request_(std::move(request)) {}

  void received(Bytes run) override {
    if (answer_.size() + run.size() <= kMaxAnswer) answer_ += run;
  }

 protected:
  void question(std::string& messages, pools::ReplyTracker& tracker) override {
    pgproto::appendQueryWithParameter(messages, request_.query, request_.user);
    for (int i = 0; i < 4; ++i) tracker.sent(pools::Owed::kExtended);  // Parse, Bind, Describe, Execute
    tracker.sent(pools::Owed::kSync);
  }
  void answered() override { finish(read()); }
  void unanswered(std::string response) override { finish({std::nullopt, std::move(response)}); }
  std::string explain(const std::string& why) const override {
    return errorResponse(pgproto::sqlstate::kConnectionFailure, "auth_query could not be asked",
                         why + " (pool " + pool().databaseName() + "/" + pool().user() + ").",
                         "Check auth_query, auth_user and its rights.");
  }

 private:
  // One row of two columns: the name, and the secret or NULL.
  Answer read() const {
    pgproto::Frame frame;
    std::vector<std::optional<Bytes>> values;
    for (Bytes rest = answer_; pgproto::scanFrame(rest, kMaxAnswer, frame) == pgproto::Scan::kFrame;
         rest = rest.substr(frame.whole.size())) {
      if (frame.type == 'E') {
        pgproto::ErrorFields fields;
        pgproto::parseErrorFields(frame.body, fields);
        return {std::nullopt, explain(std::string(fields.message()))};
      }
      if (frame.type != 'D' || !pgproto::parseDataRow(frame.body, values)) continue;
      if (values.size() != 2)
        return {std::nullopt, explain("it must give two columns: user name and secret")};
      if (values[0] == Bytes(request_.user)) return {std::string(values[1].value_or("")), {}};
    }
    return {};
  }

  void finish(Answer answer) {
    const AuthRequest request = request_;
    owner_.answered(request, std::move(answer));
  }

  AuthQueries& owner_;
  const AuthRequest request_;
  std::string answer_;
};

AuthQueries::AuthQueries(PostgresWorker& worker) : worker_(worker), answers_(kMaxAnswers) {}
AuthQueries::~AuthQueries() = default;

void AuthQueries::stop() {
  under_way_.clear();
  waiting_ = 0;
}

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

AuthRequest AuthQueries::requestFor(const conf::Database& database, std::string_view name,
                                    std::string_view user) const {
  const conf::PostgresSettings& settings = worker_.postgres();
  std::string asked = database.auth_dbname.value_or(settings.auth_dbname);
  if (asked.empty()) asked = name;
  return {std::string(user), std::move(asked), database.auth_user.value_or(settings.auth_user),
          database.auth_query.value_or(settings.auth_query)};
}

PostgresWorker& AuthQueries::ownerOf(const AuthRequest& request) const {
  const std::vector<PostgresWorker*>& workers = worker_.shared().workers;
  return *workers[std::hash<std::string>{}(request.user + '\0' + request.asked) % workers.size()];
}

void AuthQueries::find(const conf::Database& database, std::string_view database_name, std::string_view user,
                       Done done) {
  AuthRequest request = requestFor(database, database_name, user);
  PostgresWorker& owner = ownerOf(request);
  if (&owner == &worker_) return ask(request, std::move(done));
  owner.post([request = std::move(request), done = std::move(done), &asker = worker_](PostgresWorker& there) {
    there.authQueries().ask(request, [done, &asker](const Answer& answer) {
      asker.post([done, answer](PostgresWorker&) { done(answer); });
    });
  });
}

void AuthQueries::ask(const AuthRequest& request, Done done) {
  if (const AuthAnswers::Secret* known = answers_.find(request, worker_.loop().now()))
    return done({*known, {}});
  if (waiting_ >= kMaxWaiting) {
    return done({std::nullopt,
                 errorResponse(pgproto::sqlstate::kTooManyConnections, "too many logins wait for auth_query",
                               std::to_string(waiting_) + " logins wait on this worker.",
                               "Check that auth_query answers, and quickly.")});
  }
  ++waiting_;
  const auto [at, first] = under_way_.try_emplace(request);
  at->second.waiting.push_back(std::move(done));
  if (!first) return;

  const conf::Database* target = worker_.config().findDatabase(request.asked);
  if (target == nullptr) {
    return answered(request, {std::nullopt, errorResponse(pgproto::sqlstate::kInvalidCatalogName,
                                                          "auth_dbname \"" + request.asked +
                                                              "\" is not a configured database")});
  }
  const conf::Database own = ownDatabase(*target, request.asked, request.auth_user);
  WorkerPool& pool = worker_.pool(own, request.asked + std::string(kPoolSuffix), own.user);
  at->second.question = std::make_unique<Question>(*this, request, pool);
  at->second.question->ask();  // last: it may be answered at once
}

// A question that could not be asked is asked again by the next client.
void AuthQueries::answered(const AuthRequest& request, Answer answer) {
  const auto found = under_way_.find(request);
  assert(found != under_way_.end());
  Asked asked = std::move(found->second);
  under_way_.erase(found);
  waiting_ -= asked.waiting.size();
  if (asked.question) worker_.loop().bury(std::move(asked.question));
  const Instant now = worker_.loop().now();
  if (answer.failure.empty() && !asked.outdated)
    answers_.keep(request, answer.secret, now, now + worker_.postgres().auth_query_cache_ttl);
  for (const Done& done : asked.waiting) done(answer);
}

void AuthQueries::forget(const conf::Database& database, std::string_view database_name,
                         std::string_view user) {
  AuthRequest request = requestFor(database, database_name, user);
  PostgresWorker& owner = ownerOf(request);
  if (&owner == &worker_) return answers_.forget(request);
  owner.post([request = std::move(request)](PostgresWorker& there) {
    there.authQueries().answers_.forget(request);
  });
}

void AuthQueries::forgetAll() {
  answers_.clear();
  for (auto& [request, asked] : under_way_) asked.outdated = true;
}

}  // namespace forebay::postgres
