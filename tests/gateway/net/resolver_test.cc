#include "gateway/net/resolver.h"

#include <gtest/gtest.h>

#include <map>

namespace forebay::net {
namespace {

using Outcome = LookupResult::Outcome;

constexpr Instant kStart = Instant(std::chrono::hours(1));

// The system's answers, given when the test says so.
class FakeLookup : public NameLookup {
 public:
  explicit FakeLookup(std::multimap<std::string, Done>& asked) : asked_(asked) {}
  ~FakeLookup() override { asked_.clear(); }
  void start(const std::string& name, Done done) override { asked_.emplace(name, std::move(done)); }

 private:
  std::multimap<std::string, Done>& asked_;
};

class ResolverTest : public testing::Test {
 protected:
  struct Answer {
    int times = 0;
    std::vector<std::string> addresses;
    std::string error;
  };

  Resolver::Done into(Answer& answer) {
    return [&answer](Result<Resolver::Addresses> result) {
      ++answer.times;
      answer.addresses.clear();
      answer.error = result.ok() ? "" : result.error();
      if (!result.ok()) return;
      for (const SocketAddress& address : result.value()) answer.addresses.push_back(address.text());
    };
  }
  // Answers at once, or an empty Answer: whoever still waits has given up by then.
  Answer ask(const std::string& host, uint16_t port = 5432) {
    Answer answer;
    const Resolver::Ticket ticket = resolver_->resolve({host, port}, now_, into(answer));
    return answer;
  }
  void reply(const std::string& name, LookupResult result) {
    const auto found = asked_.find(name);
    ASSERT_NE(found, asked_.end()) << name << " was not asked for";
    const NameLookup::Done done = std::move(found->second);
    asked_.erase(found);
    done(std::move(result), now_);
  }
  static LookupResult found(const std::vector<std::string>& addresses) {
    LookupResult result{Outcome::kFound, {}, {}};
    for (const std::string& text : addresses) result.addresses.push_back(*SocketAddress::parse(text, 0));
    return result;
  }
  static LookupResult notFound() { return {Outcome::kNotFound, {}, "no such host"}; }
  static LookupResult failed() { return {Outcome::kFailed, {}, "try again later"}; }

  std::multimap<std::string, NameLookup::Done> asked_;
  Instant now_ = kStart;
  std::unique_ptr<Resolver> resolver_ = std::make_unique<Resolver>(
      std::make_unique<FakeLookup>(asked_), Resolver::Ttl{.found = seconds(15), .not_found = seconds(5)});
};

using Texts = std::vector<std::string>;

TEST_F(ResolverTest, AnswersAddressesAndUnixSocketsAtOnce) {
  EXPECT_EQ(ask("10.0.3.7").addresses, Texts{"10.0.3.7:5432"});
  EXPECT_EQ(ask("::1", 6432).addresses, Texts{"[::1]:6432"});
  EXPECT_EQ(ask("/run/postgresql").addresses, Texts{"/run/postgresql/.s.PGSQL.5432"});
  EXPECT_EQ(ask("@hidden").addresses, Texts{"@hidden/.s.PGSQL.5432"});
  EXPECT_EQ(ask("/run/redis.sock", 0).addresses, Texts{"/run/redis.sock"});
  EXPECT_EQ(ask("/" + std::string(200, 'x')).error.find("too long") != std::string::npos, true);
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(resolver_->names(), 0u);
}

TEST_F(ResolverTest, AsksOnceForAllWhoWait) {
  Answer one, two;
  const Resolver::Ticket first = resolver_->resolve({"pg", 5432}, now_, into(one));
  const Resolver::Ticket second = resolver_->resolve({"pg", 6432}, now_, into(two));
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_EQ(resolver_->pendingNames(), 1u);
  EXPECT_TRUE(first.waiting());
  reply("pg", found({"10.0.0.1"}));
  EXPECT_EQ(one.addresses, Texts{"10.0.0.1:5432"});
  EXPECT_EQ(two.addresses, Texts{"10.0.0.1:6432"});
  EXPECT_EQ(one.times + two.times, 2);
  EXPECT_FALSE(first.waiting());
  EXPECT_EQ(resolver_->pendingNames(), 0u);
}

TEST_F(ResolverTest, RemembersForItsTtlAndNoLonger) {
  ask("pg");
  reply("pg", found({"10.0.0.1"}));
  now_ += seconds(15) - milliseconds(1);
  EXPECT_EQ(ask("pg").addresses, Texts{"10.0.0.1:5432"});
  now_ += milliseconds(1);
  EXPECT_EQ(ask("pg").times, 0);
  reply("pg", found({"10.0.0.2"}));
  EXPECT_EQ(ask("pg").addresses, Texts{"10.0.0.2:5432"});
}

TEST_F(ResolverTest, BeginsEachAnswerWithTheNextAddressAndKeepsTheOrder) {
  ask("pg");
  reply("pg", found({"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
  EXPECT_EQ(ask("pg", 1).addresses, (Texts{"10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"}));
  EXPECT_EQ(ask("pg", 1).addresses, (Texts{"10.0.0.2:1", "10.0.0.3:1", "10.0.0.1:1"}));
  EXPECT_EQ(ask("pg", 1).addresses, (Texts{"10.0.0.3:1", "10.0.0.1:1", "10.0.0.2:1"}));
  EXPECT_EQ(ask("pg", 1).addresses, (Texts{"10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"}));
}

TEST_F(ResolverTest, RemembersForAShorterTimeThatANameDoesNotExist) {
  ask("typo");
  reply("typo", notFound());
  EXPECT_EQ(ask("typo").error, "host typo: no such host");
  now_ += seconds(5);
  EXPECT_EQ(ask("typo").times, 0);
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(ResolverTest, ForgetsTheAddressesOfANameThatIsGone) {
  ask("pg");
  reply("pg", found({"10.0.0.1"}));
  now_ += seconds(15);
  ask("pg");
  reply("pg", notFound());
  EXPECT_EQ(ask("pg").error, "host pg: no such host");
}

TEST_F(ResolverTest, KeepsTheLastAddressesWhileTheSystemCannotAnswer) {
  ask("pg");
  reply("pg", found({"10.0.0.1"}));
  now_ += seconds(15);
  Answer answer;
  const Resolver::Ticket ticket = resolver_->resolve({"pg", 5432}, now_, into(answer));
  reply("pg", failed());
  EXPECT_EQ(answer.addresses, Texts{"10.0.0.1:5432"});
  now_ += seconds(5);
  EXPECT_EQ(ask("pg").times, 0) << "asks again after the shorter time";
}

TEST_F(ResolverTest, SaysWhyANewNameCannotBeResolved) {
  ask("pg");
  reply("pg", failed());
  EXPECT_EQ(ask("pg").error, "host pg: try again later");
}

TEST_F(ResolverTest, ATtlOfZeroAsksEveryTime) {
  resolver_->setTtl({.found = Duration::zero(), .not_found = Duration::zero()});
  ask("pg");
  reply("pg", found({"10.0.0.1"}));
  EXPECT_EQ(ask("pg").times, 0);
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(ResolverTest, CountsTheTtlFromTheAnswerNotFromTheQuestion) {
  ask("pg");
  now_ += seconds(30);
  reply("pg", notFound());
  EXPECT_EQ(ask("pg").error, "host pg: no such host");
}

TEST_F(ResolverTest, ACancelledWaiterIsNotCalled) {
  Answer one, two;
  Resolver::Ticket first = resolver_->resolve({"pg", 5432}, now_, into(one));
  const Resolver::Ticket second = resolver_->resolve({"pg", 5432}, now_, into(two));
  first.cancel();
  reply("pg", found({"10.0.0.1"}));
  EXPECT_EQ(one.times, 0);
  EXPECT_EQ(two.times, 1);
}

TEST_F(ResolverTest, AWaiterMayCancelTheNextOneOrDestroyTheResolver) {
  Answer two;
  Resolver::Ticket second;
  const Resolver::Ticket first = resolver_->resolve({"pg", 5432}, now_, [&](Result<Resolver::Addresses>) {
    second.cancel();
    resolver_.reset();
  });
  second = resolver_->resolve({"pg", 5432}, now_, into(two));
  reply("pg", found({"10.0.0.1"}));
  EXPECT_EQ(two.times, 0);
  EXPECT_EQ(resolver_, nullptr);
}

TEST_F(ResolverTest, ATicketMayOutliveTheResolver) {
  Answer answer;
  const Resolver::Ticket ticket = resolver_->resolve({"pg", 5432}, now_, into(answer));
  resolver_.reset();
  EXPECT_FALSE(ticket.waiting());
  EXPECT_EQ(answer.times, 0);
}

TEST_F(ResolverTest, ListsWhatItKnows) {
  ask("pg-1");
  ask("pg-0");
  reply("pg-0", found({"10.0.0.1", "fd00::1"}));
  now_ += seconds(5);
  const std::vector<Resolver::Known> known = resolver_->known(now_);
  ASSERT_EQ(known.size(), 2u);
  EXPECT_EQ(known[0].name, "pg-0");
  EXPECT_EQ(known[0].ttl, seconds(10));
  ASSERT_EQ(known[0].addresses.size(), 2u);
  EXPECT_EQ(known[0].addresses[1].host(), "fd00::1");
  EXPECT_EQ(known[1].name, "pg-1");
  EXPECT_EQ(known[1].ttl, Duration::zero());
  EXPECT_TRUE(known[1].addresses.empty());
}

TEST_F(ResolverTest, ForgetsNamesThatRanOutButNotThoseUnderWay) {
  ask("old");
  reply("old", found({"10.0.0.1"}));
  ask("asked");
  now_ += seconds(10);
  resolver_->forgetExpired(now_);
  EXPECT_EQ(resolver_->names(), 2u);
  now_ += seconds(5);
  resolver_->forgetExpired(now_);
  ASSERT_EQ(resolver_->names(), 1u);
  reply("asked", found({"10.0.0.2"}));
}

TEST(UvNameLookup, ResolvesLocalhostAndRefusesNonsense) {
  uv_loop_t loop;
  ASSERT_EQ(uv_loop_init(&loop), 0);
  {
    Resolver resolver(std::make_unique<UvNameLookup>(&loop), {});
    std::string local, error;
    const Resolver::Ticket one = resolver.resolve({"localhost", 5432}, Clock::now(), [&](auto result) {
      if (result.ok()) local = result.value().front().text();
    });
    const Resolver::Ticket two =
        resolver.resolve({std::string(5000, 'x'), 5432}, Clock::now(),
                         [&](auto result) { error = result.ok() ? "" : result.error(); });
    uv_run(&loop, UV_RUN_DEFAULT);
    EXPECT_TRUE(local == "127.0.0.1:5432" || local == "[::1]:5432") << local;
    EXPECT_FALSE(error.empty());
  }
  EXPECT_EQ(uv_loop_close(&loop), 0);
}

TEST(UvNameLookup, MayBeDestroyedWhileItAsks) {
  uv_loop_t loop;
  ASSERT_EQ(uv_loop_init(&loop), 0);
  bool called = false;
  for (int i = 0; i < 10; ++i) {  // more than libuv has threads
    UvNameLookup lookup(&loop);
    lookup.start("localhost", [&](LookupResult, Instant) { called = true; });
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  EXPECT_FALSE(called);
  EXPECT_EQ(uv_loop_close(&loop), 0);
}

TEST(SocketAddress, PrintsWhatItParsed) {
  EXPECT_EQ(SocketAddress::parse("10.0.3.7", 5432)->text(), "10.0.3.7:5432");
  EXPECT_EQ(SocketAddress::parse("[fd00::7]", 5432)->text(), "[fd00::7]:5432");
  EXPECT_EQ(SocketAddress::parse("fd00::7", 5432)->host(), "fd00::7");
  for (const char* name :
       {"localhost", "10.0.3", "10.0.3.7.8", "", "[", "[]", "fe80::1%", "fe80::1%no-such-card", "1"})
    EXPECT_FALSE(SocketAddress::parse(name, 1).has_value()) << name;
}

TEST(SocketAddress, AnUnnamedUnixSocketHasNoPath) {
  const sa_family_t unnamed = AF_UNIX;
  const SocketAddress address(reinterpret_cast<const sockaddr*>(&unnamed), sizeof unnamed);
  EXPECT_TRUE(address.isUnix());
  EXPECT_EQ(address.text(), "");
}

}  // namespace
}  // namespace forebay::net
