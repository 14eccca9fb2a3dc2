#include "pools/read_balance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace forebay::pools {
namespace {

using conf::Balance;

constexpr Balance kPolicies[] = {Balance::kRoundRobin, Balance::kLeastConnections, Balance::kWeighted,
                                 Balance::kIpHash};
constexpr Instant kNow{std::chrono::hours(1)};

// Servers named "a", "b", ... and the reads that are given to them.
class Replicas {
 public:
  explicit Replicas(std::vector<uint32_t> weights) {
    for (const uint32_t weight : weights) {
      const auto slot = static_cast<uint8_t>(all_.size());
      all_.push_back({.slot = slot, .weight = weight, .name_hash = stableHash(std::string(1, nameOf(slot)))});
    }
  }

  ReadCandidate& operator[](char name) { return all_[static_cast<size_t>(name - 'a')]; }

  // Who takes the next read; '-' when nobody does.
  char choose(Balance policy, uint64_t client = 0, Instant now = kNow) {
    std::vector<ReadCandidate> candidates;
    for (const ReadCandidate& each : all_)
      if (!absent_.contains(nameOf(each.slot))) candidates.push_back(each);
    const std::optional<size_t> chosen = balance_.choose(policy, candidates, client, now);
    return chosen ? nameOf(candidates[*chosen].slot) : '-';
  }
  std::string turns(Balance policy, int times, Instant now = kNow) {
    std::string names;
    while (times-- > 0) names += choose(policy, 0, now);
    return names;
  }

  void leaves(char name) { absent_[name] = true; }
  void returns(char name) { absent_.erase(name); }

 private:
  static char nameOf(uint8_t slot) { return static_cast<char>('a' + slot); }

  std::vector<ReadCandidate> all_;
  std::map<char, bool> absent_;
  ReadBalance balance_;
};

size_t count(const std::string& names, char name) {
  return static_cast<size_t>(std::count(names.begin(), names.end(), name));
}

TEST(ReadBalance, ChoosesNobodyWhereNobodyTakesReads) {
  for (const Balance policy : kPolicies) {
    EXPECT_EQ(Replicas({}).choose(policy), '-');
    EXPECT_EQ(Replicas({0, 0}).choose(policy), '-');
    EXPECT_EQ(Replicas({0, 1, 0}).turns(policy, 3), "bbb") << nameOf(policy);
  }
}

TEST(ReadBalance, TakesAsManyAsThereMayBe) {
  for (const Balance policy : kPolicies) {
    Replicas replicas{std::vector<uint32_t>(kMostCandidates, 1)};
    EXPECT_NE(replicas.choose(policy), '-');
  }
}

TEST(RoundRobin, GoesRoundWhateverTheyWeighAndDo) {
  Replicas replicas({1, 5, 1});
  replicas['a'].busy = 100;
  EXPECT_EQ(replicas.turns(Balance::kRoundRobin, 6), "abcabc");
}

TEST(RoundRobin, GoesOnWithTheOthersWhileOneIsAway) {
  Replicas replicas({1, 1, 1});
  replicas.leaves('b');
  EXPECT_EQ(count(replicas.turns(Balance::kRoundRobin, 10), 'a'), 5u);
  replicas.returns('b');
  const std::string names = replicas.turns(Balance::kRoundRobin, 9);
  EXPECT_EQ(count(names, 'b'), 3u) << names << ": nothing is made up for";
}

TEST(Weighted, GivesEachItsShareAndSpreadsItOut) {
  Replicas replicas({5, 1, 1});
  EXPECT_EQ(replicas.turns(Balance::kWeighted, 7), "aabacaa");
  EXPECT_EQ(replicas.turns(Balance::kWeighted, 7), "aabacaa");
}

TEST(LeastConnections, ChoosesWhoHasTheLeastToDo) {
  Replicas replicas({1, 1, 1});
  replicas['a'].busy = 2;
  replicas['b'].busy = 1;
  replicas['c'].busy = 2;
  EXPECT_EQ(replicas.turns(Balance::kLeastConnections, 3), "bbb");
}

TEST(LeastConnections, CountsWhatThereIsToDoByTheWeight) {
  Replicas replicas({1, 4});
  replicas['a'].busy = 2;
  replicas['b'].busy = 7;
  EXPECT_EQ(replicas.choose(Balance::kLeastConnections), 'b');
  replicas['b'].busy = 9;
  EXPECT_EQ(replicas.choose(Balance::kLeastConnections), 'a');
}

TEST(LeastConnections, TakesThoseThatAreAlikeInTurn) {
  Replicas replicas({1, 1, 1});
  EXPECT_EQ(replicas.turns(Balance::kLeastConnections, 6), "abcabc");
  replicas['b'].busy = 1;
  const std::string names = replicas.turns(Balance::kLeastConnections, 6);
  EXPECT_EQ(count(names, 'a'), 3u) << names;
  EXPECT_EQ(count(names, 'c'), 3u) << names;
}

TEST(LeastConnections, TakesThoseThatRestByTheirWeight) {
  Replicas replicas({3, 1});
  EXPECT_EQ(count(replicas.turns(Balance::kLeastConnections, 8), 'a'), 6u);
}

uint64_t client(uint32_t number) { return stableHash("10.0.0." + std::to_string(number)); }

TEST(IpHash, GivesAClientTheSameServerEachTime) {
  Replicas replicas({1, 1, 1}), those_of_another_gateway({1, 1, 1});
  for (uint32_t i = 0; i < 100; ++i) {
    const char home = replicas.choose(Balance::kIpHash, client(i));
    EXPECT_EQ(replicas.choose(Balance::kIpHash, client(i)), home);
    EXPECT_EQ(those_of_another_gateway.choose(Balance::kIpHash, client(i)), home);
  }
}

// What other gateways, and this one after an upgrade, must come to as well.
TEST(IpHash, IsTheSameInEveryVersion) {
  EXPECT_EQ(stableHash(""), 0xefd01f60ba992926u);
  EXPECT_EQ(stableHash("pg-0:5432"), 0xb895eb97197db7f0u);
  Replicas replicas({1, 1, 1});
  std::string homes;
  for (uint32_t i = 0; i < 12; ++i) homes += replicas.choose(Balance::kIpHash, client(i));
  EXPECT_EQ(homes, "abbbbabcbccb");
}

TEST(IpHash, SpreadsClientsByTheWeights) {
  Replicas replicas({1, 2, 1});
  std::map<char, int> clients;
  for (uint32_t i = 0; i < 4000; ++i) ++clients[replicas.choose(Balance::kIpHash, client(i))];
  EXPECT_NEAR(clients['a'], 1000, 150);
  EXPECT_NEAR(clients['b'], 2000, 150);
  EXPECT_NEAR(clients['c'], 1000, 150);
}

TEST(IpHash, MovesOnlyTheClientsOfAServerThatLeaves) {
  Replicas replicas({1, 1, 1});
  std::map<uint32_t, char> homes;
  for (uint32_t i = 0; i < 300; ++i) homes[i] = replicas.choose(Balance::kIpHash, client(i));
  replicas.leaves('b');
  for (const auto& [number, home] : homes) {
    const char now = replicas.choose(Balance::kIpHash, client(number));
    EXPECT_NE(now, 'b');
    EXPECT_TRUE(home == 'b' || now == home) << "10.0.0." << number;
  }
  replicas.returns('b');
  for (const auto& [number, home] : homes)
    EXPECT_EQ(replicas.choose(Balance::kIpHash, client(number)), home) << "and back when it returns";
}

TEST(SlowStart, BeginsWithAnEighthOfTheShare) {
  for (const Balance policy : {Balance::kRoundRobin, Balance::kLeastConnections, Balance::kWeighted}) {
    Replicas replicas({2, 2});
    replicas['b'].eligible_since = kNow;
    EXPECT_EQ(count(replicas.turns(policy, 90), 'b'), 10u) << nameOf(policy);
  }
}

TEST(SlowStart, GrowsToTheWholeShare) {
  const auto shareAfter = [](Duration since) {
    Replicas replicas({1, 1});
    replicas['b'].eligible_since = kNow;
    return count(replicas.turns(Balance::kWeighted, 1000, kNow + since), 'b');
  };
  EXPECT_NEAR(static_cast<double>(shareAfter(kSlowStart / 2)), 360, 2) << "9/16 to 1";
  EXPECT_LT(shareAfter(kSlowStart - milliseconds(200)), 500u);
  EXPECT_EQ(shareAfter(kSlowStart), 500u);
  EXPECT_EQ(shareAfter(kSlowStart * 100), 500u);
  EXPECT_EQ(shareAfter(-seconds(1)), shareAfter({})) << "when it was noted after the time was taken";
}

TEST(SlowStart, MovesTheClientsOfAnAddressBackOneByOne) {
  Replicas replicas({1, 1});
  std::map<uint32_t, char> homes;
  for (uint32_t i = 0; i < 300; ++i) homes[i] = replicas.choose(Balance::kIpHash, client(i));
  replicas['b'].eligible_since = kNow;
  size_t before = 0;
  for (int second = 0; second <= 10; ++second) {
    size_t back = 0;
    for (const auto& [number, home] : homes) {
      const char now = replicas.choose(Balance::kIpHash, client(number), kNow + seconds(second));
      EXPECT_TRUE(home == 'b' || now == 'a') << "it takes only what is its own";
      back += now == 'b' ? 1 : 0;
    }
    EXPECT_GE(back, before) << "after " << second << " s";
    before = back;
  }
  for (const auto& [number, home] : homes)
    EXPECT_EQ(replicas.choose(Balance::kIpHash, client(number), kNow + kSlowStart), home);
}

}  // namespace
}  // namespace forebay::pools
