// What no client should send: it hurts the one who sends it and nobody else.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <random>

#include "tests/integration/console_view.h"
#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"

namespace forebay::rig {
namespace {

std::string header(char type, uint32_t length) { return type + wire::int32(length); }
std::string random(size_t size, unsigned seed) {
  std::mt19937 generator(seed);
  std::string out(size, '\0');
  for (char& byte : out) byte = static_cast<char>(generator());
  return out;
}

struct Input {
  const char* what;
  std::string bytes;
};

const std::vector<Input>& badMessages() {
  static const std::vector<Input> all = {
      {"an unknown type", wire::message('y', "x")},
      {"a type of the server's", wire::message('Z', "I")},
      {"type zero", std::string(1, '\0') + wire::int32(4)},
      {"Pitfall 22: length 0", header('Q', 0)},
      {"Pitfall 22: length 3", header('S', 3)},
      {"Pitfall 22: length -1", header('Q', 0xffffffff)},
      {"Pitfall 22: the most negative length", header('P', 0x80000000)},
      {"Pitfall 22: a length that would wrap around", header('B', 0x7fffffff) + std::string(100, 'x')},
      {"a Parse without an end", wire::message('P', "name without an end")},
      {"a Parse with too many types",
       wire::message('P', wire::cstring("s") + wire::cstring("select 1") + wire::int16(0xffff))},
      {"an empty Parse", wire::message('P', "")},
      {"a Bind without names", wire::message('B', "x")},
      {"an empty Bind", wire::message('B', "")},
      {"a Bind with a negative count",
       wire::message('B', wire::cstring("") + wire::cstring("") + wire::int16(0xffff))},
      {"a Describe of nothing", wire::message('D', "")},
      {"a Describe of an unknown kind", wire::message('D', wire::cstring("Xs"))},
      {"a Close without an end", wire::message('C', "Ss")},
      {"a Close of an unknown kind", wire::message('C', wire::cstring("Xs"))},
      {"a large Describe", wire::message('D', "S" + wire::cstring(std::string(20'000, 'n')))},
      {"an Execute without a number", wire::message('E', wire::cstring(""))},
      {"an empty Execute", wire::message('E', "")},
      {"a Sync with a body", wire::message('S', "xyz")},
      {"a Query without an end", wire::message('Q', "select 1")},
      {"an empty Query message", wire::message('Q', "")},
      {"an empty function call", wire::message('F', "")},
      {"a password in the middle", wire::password("guess")},
      {"a second startup packet", wire::startup({{"user", "postgres"}})},
      {"a late SSLRequest", wire::sslRequest()},
      {"HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"noise", random(3000, 1)},
      {"more noise", random(100'000, 2)},
      {"the beginning of a message", wire::query("select 1").substr(0, 3)},
      {"the beginning of a large message", header('Q', 1'000'000) + std::string(300'000, 'x')},
      {"the beginning of COPY data", header('d', 1'000'000) + "x"},
  };
  return all;
}

// The states a client can be in, by what it has sent; each ends with a message that tells that it is there.
struct State {
  const char* what;
  std::string sends;
  char until;
};

std::vector<State> states() {
  return {
      {"idle", wire::query("select 1"), 'Z'},
      {"in a transaction", wire::query("begin"), 'Z'},
      {"in a batch", wire::parse("", "select 1") + wire::bind("", "") + wire::flush(), '2'},
      {"in a failed batch", wire::parse("", "oops") + wire::bind("", "") + wire::flush(), 'E'},
      {"in COPY in", wire::query("copy (select 1) to stdout") + wire::query("copy bad_input from stdin"),
       'G'},
      {"while a query runs", wire::query("begin; select 1; select pg_sleep(0.05)"), 'D'},
      {"pinned", wire::query("listen x"), 'Z'},
  };
}

TEST(BadInput, InAnyStateHurtsOnlyWhoSendsIt) {
  sharedPostgres().run("create table if not exists bad_input (n int)");
  const Forebay forebay(appPool(1));
  Connection bystander(forebay.conninfo("app"));
  for (const State& state : states()) {
    for (const Input& input : badMessages()) {
      {
        RawClient client(forebay.port());
        client.login("app", "postgres");
        client.send(state.sends);
        client.readUntil(state.until);
        client.send(input.bytes);
        client.closeWrite();
        client.readToEnd();  // whatever it is told, the connection ends
      }
      const QueryResult served = bystander.exec("select 'served'");
      ASSERT_TRUE(served.ok()) << input.what << " " << state.what << ": " << served.error() << forebay.log();
    }
  }
  EXPECT_EQ(sharedPostgres().query("select count(*) from bad_input"), "0");
}

TEST(BadInput, WhileWaitingForAServer) {
  const Forebay forebay(appPool(1));
  ConsoleView console(forebay);
  Connection owner(forebay.conninfo("app"));
  owner.run("begin");
  for (const Input& input : badMessages()) {
    if (input.bytes.size() > 60'000)
      continue;  // of whom so much waits nothing more is read, the close neither
    RawClient client(forebay.port());
    client.login("app", "postgres");
    client.send(wire::query("select 1"));
    ASSERT_TRUE(console.clientsWait(1)) << input.what;
    client.send(input.bytes);
    client.close();
    ASSERT_TRUE(console.clientsWait(0)) << input.what;
    EXPECT_EQ(owner.query("select 'undisturbed'"), "undisturbed") << input.what;
  }
}

TEST(BadInput, ProtocolErrorsAreNamedBeforeTheClose) {
  const Forebay forebay(appPool(1));
  for (const std::string& bytes :
       {header('Q', 0), header('Q', 0xffffffff), wire::message('y', ""), wire::message('P', "x")}) {
    RawClient client(forebay.port());
    client.login("app", "postgres");
    client.send(bytes);
    const std::vector<Message> answer = client.readToEnd();
    ASSERT_EQ(types(answer), "E");
    EXPECT_EQ(answer[0].field('C'), "08P01");
    EXPECT_EQ(answer[0].field('S'), "FATAL");
    EXPECT_TRUE(answer[0].field('D').starts_with("Pool app/postgres, host ")) << answer[0].field('D');
  }
}

TEST(BadInput, Pitfall17BeforeTheLogin) {
  const Forebay forebay(appPool(1));
  const std::string user_and_database =
      wire::int32(3 << 16) + wire::cstring("user") + wire::cstring("postgres");
  const auto packet = [](const std::string& body, uint32_t more = 0) {
    return wire::int32(static_cast<uint32_t>(body.size() + 4 + more)) + body;
  };
  const Input all[] = {
      {"length 0", wire::int32(0)},
      {"length 7", wire::int32(7) + wire::int32(3 << 16)},
      {"length -1", wire::int32(0xffffffff) + wire::int32(3 << 16)},
      {"a large length", wire::int32(1'000'000) + wire::int32(3 << 16)},
      {"just too large",
       packet(wire::int32(3 << 16) + wire::cstring("user") + wire::cstring(std::string(10'000, 'u')) + '\0')},
      {"protocol 2", packet(wire::int32(2 << 16) + std::string(288, '\0'))},
      {"protocol 4", packet(wire::int32(4 << 16) + '\0')},
      {"no terminator", packet(user_and_database)},
      {"a name without a value", packet(user_and_database + "database")},
      {"bytes behind the terminator", packet(user_and_database + '\0' + "more")},
      {"no user", wire::startup({{"database", "app"}})},
      {"no parameters", wire::startup({})},
      {"two SSLRequests", wire::sslRequest() + wire::sslRequest()},
      {"two GSSENCRequests", wire::gssEncRequest() + wire::gssEncRequest()},
      {"a long SSLRequest", wire::int32(12) + wire::int32(80877103) + "more"},
      {"a short CancelRequest", wire::int32(8) + wire::int32(80877102)},
      {"a CancelRequest with a key too long", wire::cancelRequest(1, std::string(257, 'k'))},
      {"a query", wire::query("select 1")},
      {"a goodbye", wire::terminate()},
      {"a password", wire::password("guess")},
      {"HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"a TLS handshake where there is no TLS",
       std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + random(200, 3)},
      {"noise", random(200, 4)},
      {"half a packet", wire::startup({{"user", "postgres"}, {"database", "app"}}).substr(0, 20)},
      {"nothing", ""},
  };
  for (const Input& input : all) {
    RawClient client(forebay.port());
    client.send(input.bytes);
    client.closeWrite();
    std::string answer;
    char byte = 0;
    while (waitFor(client.fd(), POLLIN, kPatience) && recv(client.fd(), &byte, 1, 0) == 1) answer += byte;
    EXPECT_TRUE(answer.find("C08P01") != std::string::npos || answer.find("C28000") != std::string::npos ||
                answer.find("C0A000") != std::string::npos || answer.empty() || answer == "N")
        << input.what << ": " << answer;
    EXPECT_EQ(answer.find("\x5a"), std::string::npos) << input.what << " logs in";
  }
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'served'"), "served");
}

TEST(BadInput, AnotherMajorProtocolIsRefusedInPostgresqlsWords) {
  const Forebay forebay(appPool(1));
  const auto refusal = [](uint16_t port, uint32_t major) {
    RawClient client(port);
    client.send(wire::startup({{"user", "postgres"}}, major << 16));
    const std::vector<Message> answer = client.readToEnd();
    if (types(answer) != "E") return types(answer);
    const std::string text = answer[0].field('M');  // up to which version is each one's own
    return answer[0].field('S') + " " + answer[0].field('C') + " " + text.substr(0, text.find(" to "));
  };
  EXPECT_EQ(refusal(forebay.port(), 2), "FATAL 0A000 unsupported frontend protocol 2.0: server supports 3.0");
  EXPECT_EQ(refusal(forebay.port(), 4), refusal(sharedPostgres().port(), 4));
}

TEST(BadInput, MessagesInPlaceOfAPassword) {
  ForebayConfig config = appPool(1);
  config.databases["app"]["user"] = "postgres";
  config.userlist = "\"ann\" \"open sesame\"\n";
  for (const char* auth_type : {"plain", "md5", "scram-sha-256"}) {
    config.postgres["auth_type"] = auth_type;
    const Forebay forebay(config);
    for (const std::string& bytes :
         {wire::query("select 1"), wire::message('p', ""), wire::message('p', "no end"), header('p', 0),
          header('p', 0xffffffff), header('p', 100'000'000), wire::terminate(),
          wire::message('p', wire::cstring("SCRAM-SHA-256") + wire::int32(0x7fffffff)),
          wire::message('p', std::string(8000, 'p')), random(9000, 5), random(40'000, 6)}) {
      RawClient client(forebay.port());
      client.send(wire::startup({{"user", "ann"}, {"database", "app"}}));
      ASSERT_EQ(client.read()->type, 'R');
      client.send(bytes);
      client.closeWrite();
      const std::string answer = types(client.readToEnd());
      EXPECT_TRUE(answer.empty() || answer == "E") << auth_type << " " << answer;
    }
    EXPECT_EQ(Connection(forebay.conninfo("app", "ann") + " password='open sesame'").query("select 1"), "1");
  }
}

TEST(BadInput, ALoginThatNeverEndsIsEnded) {
  ForebayConfig config = appPool(1);
  config.postgres["client_login_timeout"] = "200ms";
  config.postgres["tcp_defer_accept"] = 0;  // else the kernel keeps who says nothing to itself
  const Forebay forebay(config);
  const std::string startup = wire::startup({{"user", "postgres"}, {"database", "app"}});
  std::vector<RawClient> slow;
  for (const size_t sent : {size_t{0}, size_t{1}, size_t{4}, size_t{8}, startup.size() - 1}) {
    slow.emplace_back(forebay.port());
    slow.back().send(startup.substr(0, sent));
  }
  Connection in_time(forebay.conninfo("app"));
  for (RawClient& client : slow) {
    const std::vector<Message> answer = client.readToEnd();
    EXPECT_TRUE(answer.empty() || types(answer) == "E");
  }
  EXPECT_EQ(in_time.query("select 'served'"), "served");
}

TEST(BadInput, MessagesBeyondMaxPacketSizeAreRefused) {
  ForebayConfig config = appPool(1);
  config.postgres["max_packet_size"] = 100'000;
  const Forebay forebay(config);
  Connection bystander(forebay.conninfo("app"));
  for (const std::string& bytes : {wire::query("select '" + std::string(100'000, 'x') + "'"),
                                   header('d', 100'001), header('B', 100'001)}) {
    RawClient client(forebay.port());
    client.login("app", "postgres");
    EXPECT_EQ(client.rows("select length('" + std::string(90'000, 'x') + "')")[0][0], "90000");
    client.send(bytes.substr(0, 20));
    const std::vector<Message> answer = client.readToEnd();
    ASSERT_EQ(types(answer), "E");
    EXPECT_EQ(answer[0].field('C'), "08P01");
    EXPECT_EQ(bystander.query("select repeat('x', 200000)").size(),
              200'000u);  // what a server sends is not limited
  }
}

TEST(BadInput, LeavesNothingBehind) {
  const Forebay forebay(appPool(1));
  ConsoleView console(forebay);
  for (unsigned seed = 0; seed < 200; ++seed) {
    RawClient client(forebay.port());
    if (seed % 2 == 0) client.login("app", "postgres");
    client.send(random(50 + seed, seed));
    if (seed % 3 == 0) client.reset();
  }
  EXPECT_TRUE(eventually([&] {
    const QueryResult lists = console.connection().exec("show lists");
    for (int row = 0; row < lists.rows(); ++row)
      if (lists.value(row, "list") == "login_clients" && lists.value(row, "items") != "0") return false;
    return console.connection().exec("show clients").rows() <= 1;
  })) << console.connection().exec("show clients").rows();
  EXPECT_EQ(Connection(forebay.conninfo("app")).query("select 'served'"), "served");
}

}  // namespace
}  // namespace forebay::rig
