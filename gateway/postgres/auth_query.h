// AuthQueries looks up the secrets of users that auth_file does not list, with auth_query on a pool of its
// own.
//
// One question per user at a time in the whole process, however many of its clients log in on whichever
// worker: each user has one worker, chosen by hash, that asks and keeps the answer; the others ask that
// worker by mail. Answers are kept for auth_query_cache_ttl and forgotten when they prove wrong. What
// strangers can make grow, answers and those who wait for one, is bounded. The query runs with search_path =
// pg_catalog, so what it names must be qualified by schema: else whoever can create objects could choose what
// runs before anybody has logged in. One per worker, on its thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "gateway/postgres/auth_answers.h"

namespace forebay::postgres {

class PostgresWorker;

class AuthQueries {
 public:
  struct Answer {
    AuthAnswers::Secret secret;
    std::string failure;  // an ErrorResponse when the question could not be asked
  };
  using Done = std::function<void(Answer)>;

  explicit AuthQueries(PostgresWorker& worker);
  ~AuthQueries();

  // The pool that asks is named for the database that it asks, and this.
  static constexpr std::string_view kPoolSuffix = ":auth_query";
  // How `asked`, whose entry is `target`, is reached for the question.
  static conf::Database ownDatabase(const conf::Database& target, std::string_view asked,
                                    std::string_view auth_user);

  static bool configured(const conf::Config& config, const conf::Database* database);

  // Calls `done` once, on this worker's thread: at once, or when the answer has come. Others' threads move
  // and destroy it, so it may hold no more than values, slots and ids.
  void find(const conf::Database& database, std::string_view database_name, std::string_view user, Done done);
  void forget(const conf::Database& database, std::string_view database_name, std::string_view user);
  void forgetAll();  // the configuration has changed
  void stop();

 private:
  class Question;
  struct Asked {
    std::unique_ptr<Question> question;
    std::vector<Done> waiting;
    bool outdated = false;  // asked under settings that hold no more
  };

  AuthRequest requestFor(const conf::Database& database, std::string_view name, std::string_view user) const;
  PostgresWorker& ownerOf(const AuthRequest& request) const;
  // What follows is for the requests that this worker owns.
  void ask(const AuthRequest& request, Done done);
  void answered(const AuthRequest& request, Answer answer);

  PostgresWorker& worker_;
  AuthAnswers answers_;
  std::map<AuthRequest, Asked> under_way_;
  size_t waiting_ = 0;  // in all of them
};

}  // namespace forebay::postgres
