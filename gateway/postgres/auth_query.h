// AuthQueries looks up the secrets of users that auth_file does not list, with auth_query on a pool of its
// own.
//
// One question per user at a time, however many of its clients log in; answers are kept for
// auth_query_cache_ttl and forgotten when they prove wrong. The query runs with search_path = pg_catalog, so
// what it names must be qualified by schema: else whoever can create objects could choose what runs before
// anybody has logged in. One per worker, on its thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "conf/config.h"

namespace forebay::postgres {

class PostgresWorker;

class AuthQueries {
 public:
  struct Answer {
    std::optional<std::string> secret;  // nothing: no such user, or its password has expired
    std::string failure;                // an ErrorResponse when the question could not be asked
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

  // Calls `done` once: at once when the answer is known.
  void find(const conf::Database& database, std::string_view database_name, std::string_view user, Done done);
  void forget(const conf::Database& database, std::string_view database_name, std::string_view user);
  void forgetAll();  // the configuration has changed
  void stop();

 private:
  class Question;
  struct Entry {
    Answer answer;
    Instant expires{};
    std::unique_ptr<Question> question;  // while it is being asked
    std::vector<Done> waiting;
  };
  using Key = std::pair<std::string, std::string>;  // the database asked, the user

  static std::string databaseAsked(const conf::Config& config, const conf::Database& database,
                                   std::string_view name);
  void answered(const Key& key, Answer answer);
  void dropExpired(Instant now);

  PostgresWorker& worker_;
  std::map<Key, Entry> entries_;
};

}  // namespace forebay::postgres
