// The same requests directly to Redis and through Forebay: every reply must be the same, byte for byte.
#include <gtest/gtest.h>

#include <span>

#include "tests/integration/redis_oracle_scripts.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {
namespace {

enum class Way {
  kStepByStep,  // the next command only when the reply has come
  kPipeline,    // all in one write
  kPieces,      // all, in many small writes
};

struct Script {
  std::vector<RedisArgs> commands;
  std::vector<bool> masked;
};

std::string unescaped(const std::string& text, size_t& at) {
  std::string out;
  for (++at; text.at(at) != '"'; ++at) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    const char c = text.at(++at);
    out += c == 'r' ? '\r' : c == 'n' ? '\n' : c == '0' ? '\0' : c;
  }
  ++at;
  return out;
}

Script parsed(const std::string& text) {
  Script script;
  bool begins = true;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    if (begins) script.commands.emplace_back(), script.masked.push_back(false);
    begins = false;
    if (text[at] == '|') {
      begins = true;
      ++at;
    } else if (text[at] == '"') {
      script.commands.back().push_back(unescaped(text, at));
    } else {
      const size_t end = std::min(text.find(' ', at), text.size());
      std::string word = text.substr(at, end - at);
      if (script.commands.back().empty() && word[0] == '~') {
        script.masked.back() = true;
        word.erase(0, 1);
      }
      script.commands.back().push_back(word);
      at = end;
    }
  }
  return script;
}

// Each reply as the bytes on the wire; the connection's end is one, too: an empty one.
std::vector<std::string> replies(uint16_t port, int version, const Script& script, Way way) {
  sharedRedis().run({"FLUSHALL"});
  sharedRedis().run({"FUNCTION", "FLUSH"});
  RedisConnection client(port);
  if (version == 3) client.hello(3);
  std::string all;
  for (const RedisArgs& command : script.commands) all += encode(command);
  if (way == Way::kPipeline) client.send(all);
  for (size_t at = 0; way == Way::kPieces && at < all.size(); at += 7) client.send(all.substr(at, 7));
  std::vector<std::string> out;
  for (size_t i = 0; i < script.commands.size(); ++i) {
    if (way == Way::kStepByStep) client.sendCommand(script.commands[i]);
    out.push_back(client.receiveBytes());
    if (out.back().empty()) break;
    if (script.masked[i]) out.back().resize(1);
  }
  return out;
}

bool endsTheConnection(const std::string& text) {
  return text.find("QUIT") != std::string::npos || text.starts_with("POST") || text.starts_with("HOST");
}

class RedisOracle : public testing::TestWithParam<int> {
 protected:
  void compare(std::span<const char* const> scripts) {
    ForebayConfig config = mainCache();
    config.listen["workers"] = GetParam();
    const Forebay forebay(config);
    for (const char* text : scripts)
      for (const int version : {2, 3})
        for (const Way way : {Way::kStepByStep, Way::kPipeline, Way::kPieces}) {
          const Script script = parsed(text);
          if (way == Way::kPieces && endsTheConnection(text)) continue;  // pieces would meet a closed socket
          const auto direct = replies(sharedRedis().port(), version, script, way);
          const auto through = replies(forebay.redisPort(), version, script, way);
          EXPECT_EQ(through.size(), direct.size()) << text;
          for (size_t i = 0; i < std::min(direct.size(), through.size()); ++i)
            EXPECT_EQ(through[i], direct[i]) << "to the command " << i + 1 << " of: " << text << "\nRESP"
                                             << version << ", way " << static_cast<int>(way);
        }
  }
};

TEST_P(RedisOracle, StringsAreAsWithRedis) { compare(kStrings); }
TEST_P(RedisOracle, CollectionsAreAsWithRedis) { compare(kCollections); }
TEST_P(RedisOracle, KeysAndDatabasesAreAsWithRedis) { compare(kKeys); }
TEST_P(RedisOracle, TransactionsAreAsWithRedis) { compare(kTransactions); }
TEST_P(RedisOracle, BlockingCommandsAreAsWithRedis) { compare(kBlocking); }
TEST_P(RedisOracle, SessionsAreAsWithRedis) { compare(kSession); }
TEST_P(RedisOracle, ScriptsAreAsWithRedis) { compare(kScripts); }
TEST_P(RedisOracle, SubscriptionsAreAsWithRedis) { compare(kSubscriptions); }

INSTANTIATE_TEST_SUITE_P(Workers, RedisOracle, testing::Values(1, 2),
                         [](const auto& workers) { return std::to_string(workers.param); });

}  // namespace
}  // namespace forebay::rig
