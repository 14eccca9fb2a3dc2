// A differential oracle: the same bytes go to PostgreSQL and to Forebay, and every reply must be the same.
//
// A Script is what a client sends, in rounds that it would wait for the answers of. It is sent whole, round
// by round, message by message and, when it is short, byte by byte, each time by a new client of a pool of
// one server: so a script also meets whatever the one before it left behind. Afterwards the server must still
// be the same one, free and clean.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {

struct Round {
  std::vector<std::string> messages;
  char until = 'Z';  // the message that ends its answer
};

struct Script {
  std::string name;
  std::vector<Round> rounds;
  bool keeps_server = true;  // false: PostgreSQL itself or Forebay ends the server connection, and may
};

inline Script script(std::string name, std::vector<std::string> messages) {
  return {std::move(name), {{std::move(messages)}}};
}

inline std::string firstDifference(const std::vector<std::string>& answered,
                                   const std::vector<std::string>& expected) {
  constexpr size_t kShown = 100;
  std::string before;
  size_t at = 0;
  while (at < answered.size() && at < expected.size() && answered[at] == expected[at])
    before += answered[at++][0];
  const auto next = [&](const std::vector<std::string>& messages) {
    return at < messages.size() ? messages[at].substr(0, kShown) : "nothing";
  };
  return "behind " + before + " comes\n  " + next(answered) + "\ninstead of\n  " + next(expected);
}

inline void PrintTo(const Script& script, std::ostream* out) { *out << script.name; }

// What must differ: numbers of processes and the names that statements have on the server.
inline std::string normalised(const Message& message) {
  static const std::regex kStatement("prepared statement \"[^\"]*\"");
  std::string body = message.body;
  if (message.type == 'A') body.replace(0, 4, "pid.");
  if (message.type == 'E') body = std::regex_replace(body, kStatement, "prepared statement \"...\"");
  for (char& c : body) {
    if (c == '\0') c = '|';
  }
  return message.type + (" " + body);
}

inline std::vector<std::string> normalised(const std::vector<Message>& messages) {
  std::vector<std::string> out;
  for (const Message& message : messages) out.push_back(normalised(message));
  return out;
}

class Oracle : public testing::TestWithParam<Script> {
 protected:
  static void SetUpTestSuite() {
    sharedPostgres().run(
        "create table if not exists words (id int primary key deferrable initially deferred, word text);"
        "create table if not exists numbers (n int primary key, big text)");
    ForebayConfig config;
    config.addDatabase("postgres", sharedPostgres());
    config.postgres["default_pool_size"] = 1;
    forebay_ = std::make_unique<Forebay>(config);
    console_ = std::make_unique<RawClient>(forebay_->port());
    console_->login("forebay", "admin");
  }
  static void TearDownTestSuite() {
    console_.reset();
    forebay_.reset();
  }

  enum class Cut { kWhole, kRounds, kMessages, kBytes };

  void compare(Cut cut, const char* how) {
    const Script& script = GetParam();
    // PostgreSQL reads a stream: how it is cut makes no difference to it, waiting for an answer might.
    const Cut cut_for_postgres = cut == Cut::kRounds ? Cut::kRounds : Cut::kWhole;
    const auto expected = normalised(replies(sharedPostgres().port(), script, cut_for_postgres));
    const auto answered = normalised(replies(forebay_->port(), script, cut));
    if (answered != expected) ADD_FAILURE() << "sent " << how << ": " << firstDifference(answered, expected);
  }

  static std::string serverPid() {
    return Connection(forebay_->conninfo("postgres")).query("select pg_backend_pid()");
  }
  static size_t bytesIn(const Script& script) {
    size_t total = 0;
    for (const Round& round : script.rounds)
      for (const std::string& message : round.messages) total += message.size();
    return total;
  }
  static Forebay& forebay() { return *forebay_; }

 private:
  static constexpr const char* kEnd = "the script ends here";

  static std::vector<Message> replies(uint16_t port, const Script& script, Cut cut) {
    sharedPostgres().run(
        "truncate words, numbers; insert into words values (1, 'one'), (2, 'two'), (3, 'three')");
    RawClient client(port);
    client.login("postgres", "postgres");
    // Whatever state the script leaves behind, these bring it back to where a query is answered.
    const std::string tail =
        wire::sync() + wire::query("rollback") + wire::query(std::string("select '") + kEnd + "'");
    std::vector<Message> all;
    std::string unsent;
    for (const Round& round : script.rounds) {
      for (const std::string& message : round.messages) {
        if (cut == Cut::kMessages) {
          sendAndBeRead(client, message);
        } else if (cut == Cut::kBytes) {
          for (const char byte : message) sendAndBeRead(client, std::string_view(&byte, 1));
        } else {
          unsent += message;
        }
      }
      if (cut != Cut::kRounds) continue;
      client.send(std::exchange(unsent, {}));
      append(all, client.readUntil(round.until));
    }
    sendAll(client, unsent + tail, all);
    while (!(all.size() >= 3 && types({all.end() - 3, all.end()}) == "DCZ" &&
             all[all.size() - 3].body.ends_with(kEnd)))
      append(all, client.readUntil('Z'));
    return all;
  }

  // A write that is larger than the buffers on its way is taken only while the answers are read.
  static void sendAll(RawClient& client, std::string_view bytes, std::vector<Message>& answers) {
    while (!bytes.empty()) {
      bytes.remove_prefix(client.trySend(bytes));
      while (!bytes.empty() && !client.silentFor(milliseconds(0))) append(answers, {*client.read()});
      if (!bytes.empty() && !waitFor(client.fd(), POLLIN | POLLOUT, kPatience))
        fail("the peer takes no bytes");
    }
  }

  // The gateway's only worker has turned its loop, and so has read what came before, when it answers the
  // console.
  static void sendAndBeRead(RawClient& client, std::string_view bytes) {
    client.send(bytes);
    console_->query("show version");
  }

  static void append(std::vector<Message>& out, const std::vector<Message>& more) {
    out.insert(out.end(), more.begin(), more.end());
  }

  inline static std::unique_ptr<Forebay> forebay_;
  inline static std::unique_ptr<RawClient> console_;
};

TEST_P(Oracle, AnswersWhatPostgresAnswers) {
  constexpr size_t kShort = 400, kNotHuge = 100'000;
  const std::string server = serverPid();
  compare(Cut::kWhole, "whole");
  compare(Cut::kRounds, "round by round");
  if (bytesIn(GetParam()) <= kNotHuge) compare(Cut::kMessages, "message by message");
  if (bytesIn(GetParam()) <= kShort) compare(Cut::kBytes, "byte by byte");
  if (GetParam().keeps_server) {
    EXPECT_EQ(serverPid(), server) << forebay().log();
  }
}

inline std::string scriptName(const testing::TestParamInfo<Script>& info) { return info.param.name; }

}  // namespace forebay::rig
