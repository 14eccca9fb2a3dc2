#include "gateway/postgres/key_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

namespace forebay::postgres {
namespace {

const pgproto::ScramChallenge kChallenge{"salt", 10};

class KeyQueueTest : public testing::Test {
 protected:
  using Use = KeyQueue::Use;

  // Asks in the name of `who`; the loop ends with the last of `expected_` answers.
  std::unique_ptr<KeyQueue::Place> place(const std::string& who, Use use = Use::kLogin) {
    return std::make_unique<KeyQueue::Place>(
        queue_, use, who, kChallenge, [this, who](const pgproto::ScramClientKeys& keys) {
          EXPECT_EQ(keys.client_key, pgproto::scramKeys(who, kChallenge).client_key);
          served_.push_back(who);
          if (served_.size() == expected_) loop_.stop();
        });
  }
  std::vector<std::string> serve(size_t count) {
    expected_ = count;
    loop_.run();
    return served_;
  }

  net::Loop loop_;
  KeyQueue queue_{loop_};
  std::vector<std::string> served_;
  size_t expected_ = 0;
};

TEST_F(KeyQueueTest, ServesInTheOrderOfComing) {
  const auto ann = place("ann"), bob = place("bob"), cid = place("cid");
  EXPECT_EQ(serve(3), (std::vector<std::string>{"ann", "bob", "cid"}));
}

TEST_F(KeyQueueTest, LetsLoginsGoBeforeRefusals) {
  const auto first = place("first", Use::kRefusal), eve = place("eve", Use::kRefusal), ann = place("ann");
  EXPECT_EQ(serve(3), (std::vector<std::string>{"first", "ann", "eve"}));
}

TEST_F(KeyQueueTest, ForgetsWhoHasLeft) {
  auto under_way = place("under way"), waiting = place("waiting");
  const auto stays = place("stays");
  under_way.reset();
  waiting.reset();
  EXPECT_EQ(serve(1), (std::vector<std::string>{"stays"}));
}

TEST_F(KeyQueueTest, AnAnswerMayEndThePlaceAndTakeANewOne) {
  std::optional<KeyQueue::Place> place;
  const auto again = [this](const pgproto::ScramClientKeys&) { loop_.stop(); };
  place.emplace(queue_, Use::kLogin, "ann", kChallenge, [&](const pgproto::ScramClientKeys&) {
    place.reset();
    place.emplace(queue_, Use::kLogin, "ann", kChallenge, again);
  });
  loop_.run();
}

}  // namespace
}  // namespace forebay::postgres
