// Fast senders, slow readers and sockets that take little at a time: everything arrives, and nothing piles
// up.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <fstream>
#include <functional>

#include "tests/integration/console_view.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

constexpr SocketBuffers kTiny{.receive = 4096, .send = 4096};

ForebayConfig smallBuffers() {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  config.postgres["default_pool_size"] = 2;
  config.postgres["tcp_socket_buffer"] = 4096;
  return config;
}

size_t residentKib(Forebay& forebay) {
  std::ifstream status("/proc/" + std::to_string(forebay.process().pid()) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  fail("no VmRSS");
}

// Reads and forgets `size` bytes, and gives what comes to `look`.
void readBytes(RawClient& client, size_t size, const std::function<void(std::string_view)>& look) {
  std::string buffer(256 * 1024, '\0');
  while (size > 0) {
    if (!waitFor(client.fd(), POLLIN, kPatience)) fail("the result stalls");
    const ssize_t got = recv(client.fd(), buffer.data(), std::min(buffer.size(), size), 0);
    if (got <= 0) fail("the result was cut short");
    look(std::string_view(buffer).substr(0, static_cast<size_t>(got)));
    size -= static_cast<size_t>(got);
  }
}

size_t bufferKib(const Forebay& forebay) {
  const std::string metrics = forebay.get("/metrics"), name = "\nforebay_buffer_bytes ";
  return static_cast<size_t>(std::stod(metrics.substr(metrics.find(name) + name.size())) / 1024);
}

// A sanitizer keeps what is freed, so what the process has says little then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kFreedIsGone = false;
#else
constexpr bool kFreedIsGone = true;
#endif

TEST(Flow, TenGigabytesForASlowReaderCostLessThanTwoMegabytes) {
  ForebayConfig config;
  config.addDatabase("app", sharedPostgres());
  Forebay forebay(config);
  RawClient client(forebay.port(), {.receive = 65536});
  client.login("app", "postgres");
  client.query("select 1");
  const size_t before = residentKib(forebay);
  constexpr size_t kRows = 1'000'000, kRowDescription = 32, kDataRow = 1 + 4 + 2 + 4 + 10'000;
  client.send(wire::query("select repeat('0123456789', 1000) from generate_series(1, 1000000)"));
  size_t resident = 0, buffered = 0, turns = 0;
  readBytes(client, kRowDescription + kRows * kDataRow, [&](std::string_view) {
    if (++turns % 1024 != 0) return;
    resident = std::max(resident, residentKib(forebay));
    buffered = std::max(buffered, bufferKib(forebay));
  });
  EXPECT_LT(buffered, 2048u);
  if (kFreedIsGone) {
    EXPECT_LT(std::max(resident, residentKib(forebay)), before + 2048);
  }
  EXPECT_EQ(types(client.readUntil('Z')), "CZ");
  EXPECT_EQ(types(client.query("select 1")), "TDCZ");
}

TEST(Flow, EveryByteArrivesThroughTinySocketsInBothDirections) {
  const Forebay forebay(smallBuffers());
  RawClient client(forebay.port(), kTiny);
  client.login("app", "postgres");
  std::string text;
  for (int i = 0; text.size() < 600'000; ++i) text += std::to_string(i) + ",";
  EXPECT_EQ(client.rows("select md5('" + text + "')")[0][0],
            sharedPostgres().query("select md5('" + text + "')"));
  EXPECT_EQ(client.rows("select '" + text + "'")[0][0], text);
  client.query("begin");
  client.query("create temp table t (s text) on commit drop");
  client.send(wire::query("copy t from stdin"));
  client.readUntil('G');
  std::string rows;
  for (int i = 0; i < 500; ++i) rows += wire::copyData(std::to_string(i) + std::string(1000, 'x') + "\n");
  client.send(rows + wire::copyDone());
  client.readUntil('Z');
  EXPECT_EQ(client.rows("select count(*) || ' ' || sum(length(s)) from t")[0][0], "500 501390");
  client.query("commit");
}

TEST(Flow, APipelineWrittenWithoutReadingIsAnsweredInFull) {
  const Forebay forebay(smallBuffers());
  RawClient client(forebay.port(), kTiny);
  client.login("app", "postgres");
  constexpr int kQueries = 3000;
  std::string pipeline;
  for (int i = 0; i < kQueries; ++i) {
    pipeline += wire::parse("", "select $1::int, repeat('x', 500)") +
                wire::bind("", "", {std::to_string(i)}) + wire::execute("") + wire::sync();
  }
  size_t sent = 0;
  while (sent < pipeline.size()) {  // not a byte is read while anything can be written
    sent += client.trySend(std::string_view(pipeline).substr(sent));
    if (sent == pipeline.size() || waitFor(client.fd(), POLLOUT, milliseconds(200))) continue;
    break;  // full: both ways are, all the way to PostgreSQL
  }
  int answered = 0;
  while (answered < kQueries) {
    for (const Message& message : client.readUntil('Z')) {
      if (message.type != 'D') continue;
      ASSERT_EQ(message.row()[0], std::to_string(answered));
    }
    ++answered;
    if (sent < pipeline.size()) sent += client.trySend(std::string_view(pipeline).substr(sent));
  }
  EXPECT_EQ(types(client.query("select 1")), "TDCZ");
}

TEST(Flow, ASlowServerSlowsItsClientAndNobodyElse) {
  Relay relay(sharedPostgres().port());
  ForebayConfig config = smallBuffers();
  config.databases["app"]["hosts"] = std::vector<std::string>{"127.0.0.1:" + std::to_string(relay.port())};
  config.addDatabase("fast", sharedPostgres());
  const Forebay forebay(config);
  RawClient slow(forebay.port(), kTiny);
  slow.login("app", "postgres");
  Connection fast(forebay.conninfo("fast"));
  relay.slowDown(400'000);
  const std::string text(200'000, 's');
  slow.send(wire::query("select length('" + text + "'), repeat('y', 200000)"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(fast.query("select 1"), "1");
  const std::vector<Message> answer = slow.readUntil('Z');
  ASSERT_EQ(types(answer), "TDCZ");
  EXPECT_EQ(answer[1].row(), (std::vector<std::string>{"200000", std::string(200'000, 'y')}));
}

}  // namespace
}  // namespace forebay::rig
