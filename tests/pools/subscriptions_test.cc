#include "pools/subscriptions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace forebay::pools {
namespace {

using Kind = Subscriptions::Kind;
using Added = Subscriptions::Added;
using State = Subscriptions::State;
constexpr Kind kChannel = Kind::kChannel, kPattern = Kind::kPattern, kShard = Kind::kShard;

struct Client : Subscriber {};
using Clients = std::vector<Client*>;
using Texts = std::vector<std::string>;

class SubscriptionsTest : public testing::Test {
 protected:
  SubscriptionsTest() {
    registry_.upstreamReady([](Kind, Bytes) { FAIL() << "there is nothing to subscribe to yet"; });
  }
  ~SubscriptionsTest() override {
    for (Client* client : {&ann_, &bob_, &cid_}) leaveAll(*client);
  }

  Clients listeners(Bytes name, Kind kind = kChannel) {
    Clients visited;
    registry_.forEach(kind, name,
                      [&](Subscriber& client) { visited.push_back(&static_cast<Client&>(client)); });
    return visited;
  }
  using Waiting = std::vector<std::pair<Client*, uint32_t>>;
  Waiting confirm(Bytes name, Kind kind = kChannel) {
    Waiting visited;
    registry_.confirmed(kind, name, [&](Subscriber& client, uint32_t times) {
      visited.emplace_back(&static_cast<Client&>(client), times);
    });
    return visited;
  }
  Waiting refuse(Bytes name) {
    Waiting visited;
    EXPECT_FALSE(registry_.refused(kChannel, name, [&](Subscriber& client, uint32_t times) {
      visited.emplace_back(&static_cast<Client&>(client), times);
    }));
    return visited;
  }
  // A subscription that the server has confirmed.
  void listen(Client& client, Bytes name, Kind kind = kChannel) {
    if (registry_.add(kind, name, client) != Added::kConfirmed) confirm(name, kind);
  }
  // The names to UNSUBSCRIBE from.
  Texts leaveAll(Client& client) {
    Texts names;
    registry_.removeAll(client, [&](Kind, Bytes name) { names.emplace_back(name); });
    std::sort(names.begin(), names.end());
    return names;
  }
  Texts reconnect() {
    Texts names;
    registry_.upstreamLost();
    registry_.upstreamReady([&](Kind, Bytes name) { names.emplace_back(name); });
    std::sort(names.begin(), names.end());
    return names;
  }

  Subscriptions registry_;
  Client ann_, bob_, cid_;
};

TEST_F(SubscriptionsTest, SubscribesOnceForTheFirstClientOfAName) {
  EXPECT_EQ(registry_.add(kChannel, "news", ann_), Added::kSubscribe);
  EXPECT_EQ(registry_.add(kChannel, "news", bob_), Added::kWaits);
  EXPECT_EQ(registry_.add(kChannel, "sport", bob_), Added::kSubscribe);
}

TEST_F(SubscriptionsTest, UnsubscribesOnceForTheLastClientOfAName) {
  listen(ann_, "news");
  listen(bob_, "news");
  EXPECT_FALSE(registry_.remove(kChannel, "news", ann_).unsubscribe);
  EXPECT_TRUE(registry_.remove(kChannel, "news", bob_).unsubscribe);
  EXPECT_FALSE(registry_.remove(kChannel, "news", bob_).listened) << "twice is not worse than once";
}

TEST_F(SubscriptionsTest, ConfirmsAClientOnlyWhenTheServerHasConfirmed) {
  registry_.add(kChannel, "news", ann_);
  registry_.add(kChannel, "news", bob_);
  EXPECT_EQ(registry_.state(kChannel, "news"), State::kWanted);
  EXPECT_EQ(confirm("news"), (Waiting{{&ann_, 1}, {&bob_, 1}}));
  EXPECT_EQ(registry_.state(kChannel, "news"), State::kActive);
  EXPECT_EQ(registry_.add(kChannel, "news", cid_), Added::kConfirmed) << "the messages come already";
}

TEST_F(SubscriptionsTest, ConfirmsEachSubscribeOfAClientThatSaysItTwice) {
  registry_.add(kChannel, "news", ann_);
  EXPECT_EQ(registry_.add(kChannel, "news", ann_), Added::kWaits);
  EXPECT_EQ(ann_.subscriptions(), 1u);
  EXPECT_EQ(confirm("news"), (Waiting{{&ann_, 2}}));
  EXPECT_EQ(registry_.add(kChannel, "news", ann_), Added::kConfirmed);
  EXPECT_TRUE(registry_.remove(kChannel, "news", ann_).unsubscribe) << "it listens once";
}

TEST_F(SubscriptionsTest, GivesAMessageToEveryListenerAndToNobodyElse) {
  listen(ann_, "news");
  listen(bob_, "news");
  listen(cid_, "sport");
  EXPECT_EQ(listeners("news"), (Clients{&ann_, &bob_}));
  EXPECT_EQ(listeners("sport"), (Clients{&cid_}));
  EXPECT_EQ(listeners("weather"), (Clients{}));
}

TEST_F(SubscriptionsTest, GivesNoMessageToAClientThatIsNotConfirmed) {
  registry_.add(kChannel, "news", ann_);
  EXPECT_EQ(listeners("news"), (Clients{}));
  confirm("news");
  EXPECT_EQ(listeners("news"), (Clients{&ann_}));
}

TEST_F(SubscriptionsTest, KeepsChannelsPatternsAndShardChannelsApart) {
  listen(ann_, "news", kChannel);
  listen(bob_, "news", kPattern);
  listen(cid_, "news", kShard);
  EXPECT_EQ(listeners("news", kChannel), (Clients{&ann_}));
  EXPECT_EQ(listeners("news", kPattern), (Clients{&bob_}));
  EXPECT_EQ(listeners("news", kShard), (Clients{&cid_}));
}

TEST_F(SubscriptionsTest, CountsAsRedisDoes) {
  registry_.add(kChannel, "a", ann_);
  registry_.add(kChannel, "b", ann_);
  registry_.add(kPattern, "a*", ann_);
  registry_.add(kShard, "a", ann_);
  EXPECT_EQ(ann_.countFor(kChannel), 3u) << "channels and patterns together";
  EXPECT_EQ(ann_.countFor(kPattern), 3u);
  EXPECT_EQ(ann_.countFor(kShard), 1u) << "shard channels apart";
  registry_.remove(kChannel, "b", ann_);
  EXPECT_EQ(ann_.subscriptions(), 2u);
  EXPECT_EQ(bob_.subscriptions() + bob_.shardSubscriptions(), 0u);
}

TEST_F(SubscriptionsTest, TakesAnyBytesForAName) {
  const std::string binary("\0\r\n", 3);
  for (const std::string& name : {std::string(), binary, std::string(1 << 20, 'x')}) {
    listen(ann_, name);
    EXPECT_EQ(listeners(name), (Clients{&ann_}));
  }
}

TEST_F(SubscriptionsTest, NamesWhatAClientListensTo) {
  for (const char* name : {"b", "a", "c"}) registry_.add(kChannel, name, ann_);
  registry_.add(kPattern, "p*", ann_);
  registry_.add(kChannel, "d", bob_);
  Texts names = registry_.names(kChannel, ann_);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (Texts{"a", "b", "c"}));
  EXPECT_EQ(registry_.names(kPattern, ann_), (Texts{"p*"}));
  EXPECT_TRUE(registry_.names(kShard, ann_).empty());
  EXPECT_TRUE(registry_.names(kChannel, cid_).empty());
}

TEST_F(SubscriptionsTest, ShowsAllNamesAndHowManyListen) {
  listen(ann_, "news");
  listen(bob_, "news");
  listen(bob_, "sport");
  std::vector<std::pair<std::string, size_t>> seen;
  registry_.forEachName(kChannel, [&](Bytes name, size_t count) { seen.emplace_back(name, count); });
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<std::pair<std::string, size_t>>{{"news", 2}, {"sport", 1}}));
  EXPECT_EQ(registry_.size(kChannel), 2u);
  EXPECT_EQ(registry_.listeners(kChannel, "news"), 2u);
  leaveAll(bob_);
  EXPECT_EQ(registry_.size(kChannel), 1u) << "also while the server's answer is under way";
}

TEST_F(SubscriptionsTest, LetsAClientLeaveEverythingAtOnce) {
  for (const char* name : {"a", "b"}) listen(ann_, name);
  listen(ann_, "p*", kPattern);
  listen(ann_, "s", kShard);
  listen(bob_, "b");
  EXPECT_EQ(leaveAll(ann_), (Texts{"a", "p*", "s"})) << "bob still listens to b";
  EXPECT_FALSE(ann_.listens());
  EXPECT_TRUE(leaveAll(ann_).empty());
}

TEST_F(SubscriptionsTest, TakesNoMemoryForAClientThatDoesNotListen) {
  EXPECT_EQ(sizeof(Client), sizeof(void*));
  listen(ann_, "news");
  EXPECT_TRUE(ann_.listens());
  registry_.remove(kChannel, "news", ann_);
  EXPECT_FALSE(ann_.listens());
}

TEST_F(SubscriptionsTest, BoundsTheNamesOfAClient) {
  EXPECT_EQ(registry_.add(kChannel, "a", ann_, 2), Added::kSubscribe);
  EXPECT_EQ(registry_.add(kPattern, "a", ann_, 2), Added::kSubscribe);
  EXPECT_EQ(registry_.add(kShard, "a", ann_, 2), Added::kTooMany);
  EXPECT_EQ(registry_.add(kChannel, "a", ann_, 2), Added::kWaits) << "what it has it may have again";
  EXPECT_EQ(registry_.state(kShard, "a"), State::kIdle) << "nothing is left of it";
  EXPECT_EQ(registry_.add(kShard, "a", bob_, 2), Added::kSubscribe);
}

TEST_F(SubscriptionsTest, TellsHowOftenAClientWaitsThatLeaves) {
  registry_.add(kChannel, "news", ann_);
  registry_.add(kChannel, "news", ann_);
  const auto removed = registry_.remove(kChannel, "news", ann_);
  EXPECT_EQ(removed.waited, 2u);
  EXPECT_TRUE(removed.unsubscribe);
  EXPECT_EQ(confirm("news"), (Waiting{})) << "it is not visited any more";
}

// Answers under way

TEST_F(SubscriptionsTest, WaitsForTheAnswerToTheLastSubscribe) {
  registry_.add(kChannel, "news", ann_);
  registry_.remove(kChannel, "news", ann_);
  EXPECT_EQ(registry_.add(kChannel, "news", bob_), Added::kSubscribe);
  EXPECT_EQ(confirm("news"), (Waiting{})) << "the server answers ann's SUBSCRIBE and will end it";
  EXPECT_FALSE(registry_.unsubscribed(kChannel, "news"));
  EXPECT_EQ(listeners("news"), (Clients{}));
  EXPECT_EQ(confirm("news"), (Waiting{{&bob_, 1}}));
  EXPECT_EQ(listeners("news"), (Clients{&bob_}));
}

TEST_F(SubscriptionsTest, GivesLateMessagesOfAnEarlierSubscriptionToNobody) {
  listen(ann_, "news");
  registry_.remove(kChannel, "news", ann_);
  registry_.add(kChannel, "news", bob_);
  EXPECT_EQ(listeners("news"), (Clients{})) << "bob is not confirmed";
}

TEST_F(SubscriptionsTest, ForgetsANameOnlyWhenEveryAnswerIsThere) {
  registry_.add(kChannel, "news", ann_);
  registry_.remove(kChannel, "news", ann_);
  confirm("news");
  EXPECT_EQ(registry_.state(kChannel, "news"), State::kIdle);
  EXPECT_FALSE(registry_.unsubscribed(kChannel, "news"));
  EXPECT_EQ(confirm("news"), (Waiting{})) << "an answer that nobody has asked for";
  EXPECT_FALSE(registry_.unsubscribed(kChannel, "news"));
}

TEST_F(SubscriptionsTest, SubscribesAgainWhenTheServerHasEndedASubscription) {
  listen(ann_, "{7}orders", kShard);
  EXPECT_TRUE(registry_.unsubscribed(kShard, "{7}orders"));
  EXPECT_EQ(registry_.state(kShard, "{7}orders"), State::kWanted);
  EXPECT_EQ(confirm("{7}orders", kShard), (Waiting{})) << "ann was confirmed before";
  EXPECT_EQ(listeners("{7}orders", kShard), (Clients{&ann_}));
}

TEST_F(SubscriptionsTest, FreesEveryClientOfANameThatTheServerRefuses) {
  registry_.add(kChannel, "secret", ann_);
  registry_.add(kChannel, "secret", bob_);
  EXPECT_EQ(refuse("secret"), (Waiting{{&ann_, 1}, {&bob_, 1}}));
  EXPECT_FALSE(ann_.listens());
  EXPECT_FALSE(bob_.listens());
  EXPECT_EQ(registry_.add(kChannel, "secret", ann_), Added::kSubscribe) << "rights may have changed";
}

TEST_F(SubscriptionsTest, RefusesOnlyWithTheAnswerToTheLastSubscribe) {
  registry_.add(kChannel, "secret", ann_);
  registry_.remove(kChannel, "secret", ann_);
  registry_.add(kChannel, "secret", bob_);
  EXPECT_EQ(refuse("secret"), (Waiting{}));
  EXPECT_FALSE(registry_.unsubscribed(kChannel, "secret"));
  EXPECT_EQ(confirm("secret"), (Waiting{{&bob_, 1}}));
}

// Connections lost and found

TEST_F(SubscriptionsTest, SubscribesToEverythingOnANewConnection) {
  listen(ann_, "news");
  listen(bob_, "p*", kPattern);
  registry_.add(kShard, "s", cid_);
  EXPECT_EQ(reconnect(), (Texts{"news", "p*", "s"}));
}

TEST_F(SubscriptionsTest, ConfirmsNobodyTwiceAfterALostConnection) {
  listen(ann_, "news");
  reconnect();
  EXPECT_EQ(registry_.add(kChannel, "news", bob_), Added::kWaits) << "not subscribed again yet";
  EXPECT_EQ(confirm("news"), (Waiting{{&bob_, 1}}));
  EXPECT_EQ(listeners("news"), (Clients{&ann_, &bob_}));
}

TEST_F(SubscriptionsTest, RefusesAlsoThoseThatWereConfirmedOnAnEarlierConnection) {
  listen(ann_, "news");
  reconnect();
  registry_.add(kChannel, "news", bob_);
  EXPECT_EQ(refuse("news"), (Waiting{{&ann_, 0}, {&bob_, 1}}));
}

TEST_F(SubscriptionsTest, AsksForNothingWithoutAConnection) {
  listen(ann_, "news");
  registry_.upstreamLost();
  EXPECT_EQ(registry_.add(kChannel, "sport", bob_), Added::kWaits);
  EXPECT_FALSE(registry_.remove(kChannel, "news", ann_).unsubscribe);
  EXPECT_EQ(reconnect(), (Texts{"sport"})) << "nobody wants news any more";
  EXPECT_EQ(confirm("sport"), (Waiting{{&bob_, 1}}));
}

TEST_F(SubscriptionsTest, ExpectsNoAnswersOfALostConnection) {
  registry_.add(kChannel, "news", ann_);
  registry_.remove(kChannel, "news", ann_);
  registry_.add(kChannel, "news", bob_);
  EXPECT_EQ(reconnect(), (Texts{"news"}));
  EXPECT_EQ(confirm("news"), (Waiting{{&bob_, 1}})) << "the first answer on this connection is the right one";
}

TEST(Subscriptions, WaitsForTheFirstConnection) {
  Subscriptions registry;
  Client ann;
  EXPECT_EQ(registry.add(kChannel, "news", ann), Added::kWaits);
  Texts names;
  registry.upstreamReady([&](Kind kind, Bytes name) {
    EXPECT_EQ(kind, kChannel);
    names.emplace_back(name);
  });
  EXPECT_EQ(names, (Texts{"news"}));
  registry.removeAll(ann, [](Kind, Bytes) {});
  EXPECT_TRUE(registry.empty());
}

// Visitors that change what they visit

TEST_F(SubscriptionsTest, MayLoseTheVisitedClient) {
  for (Client* client : {&ann_, &bob_, &cid_}) listen(*client, "news");
  Clients visited;
  registry_.forEach(kChannel, "news", [&](Subscriber& client) {
    visited.push_back(&static_cast<Client&>(client));
    leaveAll(*visited.back());
  });
  EXPECT_EQ(visited, (Clients{&ann_, &bob_, &cid_})) << "nobody is left out, nobody visited twice";
  EXPECT_EQ(listeners("news"), (Clients{}));
  EXPECT_EQ(registry_.state(kChannel, "news"), State::kIdle);
}

TEST_F(SubscriptionsTest, DoesNotVisitAClientThatWasRemovedMeanwhile) {
  for (Client* client : {&ann_, &bob_, &cid_}) listen(*client, "news");
  Clients visited;
  registry_.forEach(kChannel, "news", [&](Subscriber& client) {
    visited.push_back(&static_cast<Client&>(client));
    leaveAll(bob_);
  });
  EXPECT_EQ(visited, (Clients{&ann_, &cid_}));
  EXPECT_EQ(listeners("news"), (Clients{&ann_, &cid_}));
}

TEST_F(SubscriptionsTest, DoesNotVisitAClientThatWasAddedMeanwhile) {
  listen(ann_, "news");
  Clients visited;
  registry_.forEach(kChannel, "news", [&](Subscriber& client) {
    visited.push_back(&static_cast<Client&>(client));
    registry_.add(kChannel, "news", bob_);
    leaveAll(ann_);
    registry_.add(kChannel, "news", ann_);
  });
  EXPECT_EQ(visited, (Clients{&ann_}));
  EXPECT_EQ(listeners("news").size(), 2u);
}

TEST_F(SubscriptionsTest, MayBeWalkedWhileItIsWalked) {
  for (Client* client : {&ann_, &bob_, &cid_}) listen(*client, "news");
  size_t visits = 0;
  registry_.forEach(kChannel, "news", [&](Subscriber&) {
    registry_.forEach(kChannel, "news", [&](Subscriber& client) {
      ++visits;
      if (&client == &bob_) leaveAll(bob_);
    });
  });
  EXPECT_EQ(visits, 3u + 2u) << "bob once; ann and cid in both walks that are left";
  EXPECT_EQ(listeners("news"), (Clients{&ann_, &cid_}));
}

TEST_F(SubscriptionsTest, MayBeLeftByAllWhileItConfirms) {
  registry_.add(kChannel, "news", ann_);
  registry_.add(kChannel, "news", bob_);
  size_t visits = 0;
  registry_.confirmed(kChannel, "news", [&](Subscriber&, uint32_t) {
    ++visits;
    leaveAll(ann_);
    leaveAll(bob_);
  });
  EXPECT_EQ(visits, 1u);
  EXPECT_EQ(registry_.state(kChannel, "news"), State::kIdle);
}

TEST_F(SubscriptionsTest, MayBeAskedAgainWhileItRefuses) {
  registry_.add(kChannel, "news", ann_);
  registry_.add(kChannel, "news", bob_);
  std::vector<Added> again;
  EXPECT_FALSE(registry_.refused(kChannel, "news", [&](Subscriber& client, uint32_t) {
    again.push_back(registry_.add(kChannel, "news", client));
  }));
  EXPECT_EQ(again, (std::vector<Added>{Added::kSubscribe, Added::kWaits}));
  EXPECT_EQ(confirm("news"), (Waiting{{&ann_, 1}, {&bob_, 1}}));
}

TEST_F(SubscriptionsTest, UnsubscribesFromWhatWasAskedForAndLeftWhileItRefused) {
  registry_.add(kChannel, "news", ann_);
  registry_.add(kChannel, "news", bob_);
  EXPECT_TRUE(registry_.refused(kChannel, "news", [&](Subscriber& client, uint32_t) {
    if (&client != &ann_) return;
    EXPECT_EQ(registry_.add(kChannel, "news", cid_), Added::kSubscribe);
    EXPECT_FALSE(registry_.remove(kChannel, "news", cid_).unsubscribe) << "bob has not left yet";
  }));
}

TEST_F(SubscriptionsTest, MayLoseItsConnectionWhileItIsWalked) {
  for (Client* client : {&ann_, &bob_}) listen(*client, "news");
  size_t visits = 0;
  registry_.forEach(kChannel, "news", [&](Subscriber&) {
    ++visits;
    registry_.upstreamLost();
    leaveAll(bob_);
    leaveAll(ann_);
  });
  EXPECT_EQ(visits, 1u);
  EXPECT_TRUE(registry_.empty());
}

TEST_F(SubscriptionsTest, HoldsTenThousandClientsOfOneChannel) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 10000; ++i) {
    clients.push_back(std::make_unique<Client>());
    listen(*clients.back(), "news");
  }
  EXPECT_EQ(listeners("news").size(), 10000u);
  for (size_t i = 0; i < clients.size(); i += 2) leaveAll(*clients[i]);
  EXPECT_EQ(listeners("news").size(), 5000u);
  for (const auto& client : clients) leaveAll(*client);
  EXPECT_EQ(listeners("news").size(), 0u);
}

TEST_F(SubscriptionsTest, HoldsAHundredThousandChannelsOfOneClient) {
  for (int i = 0; i < 100000; ++i) listen(ann_, "channel:" + std::to_string(i));
  EXPECT_EQ(ann_.subscriptions(), 100000u);
  EXPECT_EQ(registry_.size(kChannel), 100000u);
  EXPECT_EQ(listeners("channel:77777"), (Clients{&ann_}));
  EXPECT_EQ(reconnect().size(), 100000u);
  EXPECT_EQ(leaveAll(ann_).size(), 100000u);
}

}  // namespace
}  // namespace forebay::pools
