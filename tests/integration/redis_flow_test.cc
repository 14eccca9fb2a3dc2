// Slow readers and large values: what they cost is theirs alone, and memory has its bounds.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr size_t kMegabyte = size_t{1} << 20;
constexpr SocketBuffers kTiny{.receive = 4096};

size_t residentBytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
  return 0;
}

// What the gateway has grown by since it was made, at most, each time that it was looked at.
class Growth {
 public:
  explicit Growth(Forebay& forebay) : pid_(forebay.process().pid()), before_(residentBytes(pid_)) {}
  size_t now() {
    const size_t size = residentBytes(pid_);
    most_ = std::max(most_, size > before_ ? size - before_ : 0);
    return most_;
  }

 private:
  const pid_t pid_;
  const size_t before_;
  size_t most_ = 0;
};

// A sanitizer keeps what is freed.
bool isInstrumented() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

std::string pipelineOf(const RedisArgs& args, size_t times) {
  const std::string one = encode(args);
  std::string all;
  for (size_t i = 0; i < times; ++i) all += one;
  return all;
}

void answersSmallRequests(RedisConnection& client, size_t times) {
  for (size_t i = 0; i < times; ++i)
    ASSERT_EQ(client.command({"ECHO", std::to_string(i)}), resp::bulk(std::to_string(i)));
}

int64_t commandsOf(const RedisServer& redis) {
  return std::atoll(redis.info("total_commands_processed").c_str());
}

TEST(RedisFlow, ASlowReaderStopsItsOwnRequestsAndNobodyElses) {
  RedisServer redis;
  redis.run({"SET", "k", std::string(1000, 'v')});
  Forebay forebay(mainCache(redis));
  RedisConnection slow(forebay.redisPort(), kTiny), other(forebay.redisPort());
  other.run({"PING"});
  Growth growth(forebay);
  const int64_t before = commandsOf(redis);
  std::string requests = pipelineOf({"GET", "k"}, 20'000);
  for (int quiet = 0; quiet < 20;) {  // until the gateway takes no more of them
    const size_t put = requests.empty() ? 0 : slow.trySend(requests);
    requests.erase(0, put);
    quiet = put > 0 ? 0 : quiet + 1;
    answersSmallRequests(other, 10);
  }
  EXPECT_LT(commandsOf(redis) - before, 15'000);
  EXPECT_TRUE(isInstrumented() || growth.now() < 16 * kMegabyte) << growth.now();
  for (size_t i = 0; i < 20'000; ++i) {
    if (!requests.empty()) requests.erase(0, slow.trySend(requests));
    ASSERT_EQ(slow.receive().text.size(), 1000u) << i;
  }
}

TEST(RedisFlow, WhoReadsNothingOfMuchIsClosed) {
  RedisServer redis;
  redis.run({"SET", "k", std::string(50'000, 'v')});
  ForebayConfig config = mainCache(redis);
  config.redis["client_output_buffer_limit"] = "1MiB";
  Forebay forebay(config);
  RedisConnection slow(forebay.redisPort(), kTiny), other(forebay.redisPort());
  slow.send(pipelineOf({"GET", "k"}, 500));
  forebay.process().waitForOutput("(client_output_buffer_limit)");
  answersSmallRequests(other, 10);
  EXPECT_ANY_THROW(slow.receiveToEnd());  // in the middle of a reply
}

TEST(RedisFlow, ASubscriberThatDoesNotReadIsEvictedAndTheOthersGetEverything) {
  RedisServer redis;
  ForebayConfig config = mainCache(redis);
  config.redis["client_output_buffer_limit_pubsub"] = "256KiB";
  Forebay forebay(config);
  RedisConnection slow(forebay.redisPort(), kTiny);
  std::vector<RedisConnection> readers;
  slow.run({"SUBSCRIBE", "news"});
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back(forebay.redisPort());
    readers.back().run({"SUBSCRIBE", "news"});
  }
  RedisConnection publisher(forebay.redisPort());
  const std::string text(10'000, 'n');
  constexpr int kMessages = 1000;
  for (int i = 0; i < kMessages; ++i) {
    publisher.run({"PUBLISH", "news", std::to_string(i) + text});
    for (RedisConnection& reader : readers) ASSERT_EQ(reader.receive().at(2).text, std::to_string(i) + text);
  }
  forebay.process().waitForOutput("(client_output_buffer_limit_pubsub)");
}

// Messages must not stand in the middle of a reply, so they are kept until its end.
TEST(RedisFlow, ASubscriberThatDoesNotReadALargeReplyIsEvictedForTheMessagesBehindIt) {
  RedisServer redis;
  redis.run({"SETRANGE", "big", std::to_string(32 * kMegabyte - 1), "x"});
  ForebayConfig config = mainCache(redis);
  config.redis["client_output_buffer_limit_pubsub"] = "1MiB";
  Forebay forebay(config);
  RedisConnection slow(forebay.redisPort(), kTiny), publisher(forebay.redisPort());
  slow.hello(3);
  slow.sendCommand({"SUBSCRIBE", "news"});
  slow.receivePush();
  slow.sendCommand({"GET", "big"});
  slow.receiveExactly(1);  // "$"
  while (forebay.log().find("(client_output_buffer_limit_pubsub)") == std::string::npos)
    publisher.run({"PUBLISH", "news", std::string(10'000, 'n')});
  EXPECT_NE(forebay.get("/metrics").find("\nforebay_redis_clients_shed_total{cache=\"main\"} 1\n"),
            std::string::npos);
}

TEST(RedisFlow, WhenMemoryIsUsedUpTheWorstReaderIsClosedAlone) {
  RedisServer redis;
  redis.run({"SET", "k", std::string(10'000, 'v')});
  ForebayConfig config = mainCache(redis);
  config.redis["maxmemory_clients"] = "8MiB";
  Forebay forebay(config);
  RedisConnection slow(forebay.redisPort(), kTiny), worst(forebay.redisPort(), kTiny);
  slow.send(pipelineOf({"GET", "k"}, 300));
  while (forebay.log().find("(maxmemory_clients)") == std::string::npos) {
    RedisConnection other(forebay.redisPort());
    answersSmallRequests(other, 1);
    try {
      worst.trySend(pipelineOf({"GET", "k"}, 1000));
    } catch (const RigError&) {
      break;  // it is closed
    }
  }
  forebay.process().waitForOutput("(maxmemory_clients)");
  for (int i = 0; i < 300; ++i) ASSERT_EQ(slow.receive().text.size(), 10'000u);
}

// A request that must be looked at whole is held until its end has come, which may be never.
TEST(RedisFlow, WhenMemoryIsUsedUpByWhatClientsSendTheOneWithTheMostIsClosedAlone) {
  RedisServer redis;
  redis.run({"SET", "k", std::string(10'000, 'v')});
  ForebayConfig config = mainCache(redis);
  config.redis["maxmemory_clients"] = "8MiB";
  config.listen["workers"] = 1;
  Forebay forebay(config);
  RedisConnection slow(forebay.redisPort(), kTiny), modest(forebay.redisPort()), most(forebay.redisPort());
  slow.send(pipelineOf({"GET", "k"}, 100));
  const std::string begin = "*3\r\n$4\r\nEVAL\r\n$100000000\r\n", piece(kMegabyte, 's');
  most.run({"PING"});
  modest.send(begin + piece);
  EXPECT_ANY_THROW({
    most.send(begin);
    for (int i = 0; i < 64; ++i) most.send(piece);
  });
  forebay.process().waitForOutput("(maxmemory_clients)");
  EXPECT_TRUE(modest.silentFor(milliseconds(1)));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(slow.receive().text.size(), 10'000u);
}

class BigValue : public testing::TestWithParam<bool> {};

TEST_P(BigValue, IsNotHeldWholeAndNobodyWaitsForIt) {
  const bool reads_at_once = GetParam();
  RedisServer redis;
  constexpr size_t kSize = 64 * kMegabyte;
  redis.run({"SETRANGE", "big", std::to_string(kSize - 1), "x"});
  Forebay forebay(mainCache(redis));
  RedisConnection reader(forebay.redisPort(), reads_at_once ? SocketBuffers{} : kTiny);
  RedisConnection other(forebay.redisPort());
  answersSmallRequests(other, 10);
  reader.run({"PING"});
  Growth growth(forebay);
  for (int round = 0; round < 2; ++round) {  // in the second one the key is known to be big
    reader.sendCommand({"GET", "big"});
    if (!reads_at_once) answersSmallRequests(other, 300);
    size_t left = std::string("$67108864\r\n").size() + kSize + 2;
    while (left > 0) {
      const size_t piece = std::min(left, reads_at_once ? size_t{1} << 20 : size_t{8} << 20);
      reader.receiveExactly(piece);
      left -= piece;
      growth.now();
      answersSmallRequests(other, 1);
    }
  }
  EXPECT_TRUE(isInstrumented() || growth.now() < 32 * kMegabyte) << growth.now();
}
INSTANTIATE_TEST_SUITE_P(ReadAtOnceOrLate, BigValue, testing::Bool());

TEST(RedisFlow, ALargeRequestStreamsThrough) {
  RedisServer redis;
  Forebay forebay(mainCache(redis));
  RedisConnection writer(forebay.redisPort()), other(forebay.redisPort());
  answersSmallRequests(other, 10);
  Growth growth(forebay);
  const std::string piece(kMegabyte, 'p');
  writer.send("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$67108864\r\n");
  for (int i = 0; i < 64; ++i) {
    writer.send(piece);
    growth.now();
    if (i % 8 == 0) answersSmallRequests(other, 10);
  }
  writer.send("\r\n" + encode({"STRLEN", "big"}) + encode({"MULTI"}));
  EXPECT_EQ(writer.receive(), resp::simple("OK"));
  EXPECT_EQ(writer.receive(), resp::integer(64 << 20));
  EXPECT_EQ(writer.receive(), resp::simple("OK"));
  EXPECT_TRUE(isInstrumented() || growth.now() < 32 * kMegabyte) << growth.now();
}

TEST(RedisFlow, ALargeRequestStreamsThroughAlsoWhenItsBeginningComesAlone) {
  RedisServer redis;
  Forebay forebay(mainCache(redis));
  RedisConnection writer(forebay.redisPort()), other(forebay.redisPort());
  answersSmallRequests(other, 10);
  Growth growth(forebay);
  const std::string piece(kMegabyte, 'p');
  writer.send("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n");
  EXPECT_TRUE(writer.silentFor(milliseconds(20)));
  writer.send("$67108864\r\n");
  for (int i = 0; i < 64; ++i) {
    writer.send(piece);
    growth.now();
  }
  writer.send("\r\n");
  EXPECT_EQ(writer.receive(), resp::simple("OK"));
  EXPECT_EQ(writer.command({"STRLEN", "big"}), resp::integer(64 << 20));
  EXPECT_TRUE(isInstrumented() || growth.now() < 32 * kMegabyte) << growth.now();
}

// The first is answered while the second is on its way, of which there is always something left to send.
TEST(RedisFlow, LargeRequestsInARowAreAnsweredOneByOne) {
  RedisServer redis;
  Relay relay(redis.port());
  ForebayConfig config;
  config.addCache("main", relay.port());
  const Forebay forebay(config);
  RedisConnection writer(forebay.redisPort());
  writer.run({"PING"});
  relay.slowDown(16 * kMegabyte);
  for (int i = 0; i < 4; ++i) writer.sendCommand({"SET", "big", std::string(8 * kMegabyte, 'p')});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(writer.receive(), resp::simple("OK"));
}

// A script is looked at whole. Redis closes the connection that brings it more than it takes.
TEST(RedisFlow, ALargeRequestThatRedisWillNotHaveHitsItsSenderAlone) {
  RedisServer redis({.conf = {"proto-max-bulk-len 1mb"}});
  Forebay forebay(mainCache(redis));
  RedisConnection sender(forebay.redisPort()), other(forebay.redisPort());
  other.run({"PING"});
  const std::string requests = pipelineOf({"INCR", "n"}, 100);
  for (int round = 0; round < 5; ++round) {
    sender.sendCommand({"EVAL", "return #ARGV[1]", "0", std::string(2 * kMegabyte, 'x')});
    for (int i = 0; i < 3; ++i) {
      other.send(requests);
      for (int left = 100; left > 0; --left) ASSERT_FALSE(other.receive().isError());
    }
    EXPECT_TRUE(sender.receive().isError());
  }
  EXPECT_EQ(sender.command({"EVAL", "return 'next'", "0"}), resp::bulk("next"));
}

TEST(RedisFlow, ALargeRequestStreamsAlsoBehindOneThatDidNot) {
  RedisServer redis;
  Forebay forebay(mainCache(redis));
  RedisConnection writer(forebay.redisPort());
  EXPECT_EQ(writer.command({"EVAL", "return #ARGV[1]", "0", std::string(2 * kMegabyte, 'x')}),
            resp::integer(2 << 20));
  Growth growth(forebay);
  writer.send("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$67108864\r\n");
  const std::string piece(kMegabyte, 'p');
  for (int i = 0; i < 64; ++i) {
    writer.send(piece);
    growth.now();
  }
  writer.send("\r\n");
  EXPECT_EQ(writer.receive(), resp::simple("OK"));
  EXPECT_TRUE(isInstrumented() || growth.now() < 32 * kMegabyte) << growth.now();
}

TEST(RedisFlow, ALargeRequestThatStopsInTheMiddleHoldsNobodyUpAndDoesNothing) {
  RedisServer redis;
  Forebay forebay(mainCache(redis));
  RedisConnection writer(forebay.redisPort()), other(forebay.redisPort());
  other.run({"SET", "big", "as it was"});
  writer.send("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$67108864\r\n" + std::string(3 * kMegabyte, 'p'));
  answersSmallRequests(other, 100);
  const size_t connections = redis.clients().size();
  writer.reset();
  EXPECT_TRUE(eventually([&] { return redis.clients().size() < connections; }));
  EXPECT_EQ(other.command({"GET", "big"}), resp::bulk("as it was"));
  EXPECT_EQ(other.pipeline({{"MULTI"}, {"GET", "big"}, {"EXEC"}}).at(2),
            resp::array({resp::bulk("as it was")}));
}

// Each of them has a connection wait for it, but only so many.
TEST(RedisFlow, ACrowdOfSlowReadersOfLargeValuesOpensOnlySoManyConnections) {
  RedisServer redis;
  redis.run({"SETRANGE", "big", std::to_string(8 * kMegabyte - 1), "x"});
  ForebayConfig config = mainCache(redis);
  config.listen["workers"] = 1;
  const Forebay forebay(config);
  RedisConnection other(forebay.redisPort());
  std::vector<RedisConnection> readers;
  for (int i = 0; i < 75; ++i) {
    readers.emplace_back(forebay.redisPort(), kTiny);
    readers.back().sendCommand({"GET", "big"});
    readers.back().receiveExactly(1);  // "$"
    answersSmallRequests(other, 2);
  }
  EXPECT_GT(redis.clients().size(), 32u) << "what the test is about";
  EXPECT_LE(redis.clients().size(), 64u + 2u) << "with the gateway's own, and one that is always there";
  EXPECT_EQ(readers.back().receiveExactly(8), "8388608\r");
}

TEST(RedisFlow, TenThousandKeysAtOnce) {
  RedisServer redis;
  const Forebay forebay(mainCache(redis));
  RedisConnection client(forebay.redisPort());
  RedisArgs set{"MSET"}, get{"MGET"};
  std::vector<std::string> values;
  for (int i = 0; i < 10'000; ++i) {
    const std::string key = "key:" + std::to_string(i);
    values.push_back("value " + std::to_string(i) + std::string(static_cast<size_t>(i % 100), '.'));
    set.insert(set.end(), {key, values.back()});
    get.push_back(key);
  }
  EXPECT_EQ(client.command(set), resp::simple("OK"));
  EXPECT_TRUE(client.command(get) == resp::bulks(values));
}

// Wherever in a reply the client's own queue was full, be it at its very last bytes.
TEST(RedisFlow, AConnectionThatWaitedForASlowReaderIsReadAgain) {
  RedisServer redis;
  ForebayConfig config = mainCache(redis);
  config.listen["workers"] = 1;
  const Forebay forebay(config);
  RedisConnection slow(forebay.redisPort(), kTiny), other(forebay.redisPort());
  for (size_t size = kMegabyte / 2; size < 8 * kMegabyte; size += kMegabyte / 10) {
    other.run({"SETRANGE", "k", std::to_string(size - 1), "x"});
    slow.sendCommand({"GET", "k"});
    answersSmallRequests(other, 10);  // and it does not read
    ASSERT_EQ(slow.receive().text.size(), size);
    answersSmallRequests(slow, 1);
  }
}

}  // namespace
}  // namespace forebay::rig
