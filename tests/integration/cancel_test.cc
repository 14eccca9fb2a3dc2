// CancelRequests: they reach the query they are meant for, and nothing else.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "tests/integration/console_view.h"
#include "tests/rig/connection.h"
#include "tests/rig/forebay.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/relay.h"

namespace forebay::rig {
namespace {

ForebayConfig poolOf(int size, int workers = 1) {
  ForebayConfig config = appPool(size);
  config.listen["workers"] = workers;
  return config;
}

constexpr const char* kCanceled = "57014";

// Runs until it is cancelled; marked, so that it can be found in pg_stat_activity.
std::string endless(const std::string& mark) { return "select pg_sleep(1000) /* " + mark + " */"; }
bool runs(const std::string& mark) {
  return eventually([&] {
    return sharedPostgres().query(
               "select count(*) from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() "
               "and query like '%/* " +
               mark + " */'") == "1";
  });
}

// A CancelRequest as drivers send it; returns when the gateway has closed its connection.
void cancel(const Forebay& forebay, uint32_t pid, const std::string& secret, const std::string& more = "") {
  RawClient canceller(forebay.port());
  canceller.send(wire::cancelRequest(pid, secret) + more);
  EXPECT_TRUE(canceller.readToEnd().empty());
}

TEST(Cancel, EndsARunningQuery) {
  const Forebay forebay(poolOf(1));
  Connection client(forebay.conninfo("app"));
  client.send(endless("ends"));
  ASSERT_TRUE(runs("ends"));
  EXPECT_EQ(client.cancel(), "");
  EXPECT_EQ(client.next()->sqlstate(), kCanceled);
  EXPECT_FALSE(client.next());
  EXPECT_EQ(client.query("select 1"), "1");
}

TEST(Cancel, EndsAClientsWaitForAServer) {
  const Forebay forebay(poolOf(1));
  Connection owner(forebay.conninfo("app")), waiter(forebay.conninfo("app"));
  ConsoleView console(forebay);
  owner.run("begin");
  const std::string server = owner.query("select pg_backend_pid()");
  waiter.send("select 'never run'");
  ASSERT_TRUE(console.clientsWait(1));
  EXPECT_EQ(waiter.cancel(), "");
  EXPECT_EQ(waiter.next()->sqlstate(), kCanceled);
  EXPECT_FALSE(waiter.next());
  ASSERT_TRUE(console.clientsWait(0));
  EXPECT_EQ(owner.query("select pg_backend_pid()"), server);
  owner.run("commit");
  EXPECT_EQ(waiter.query("select 'goes on'"), "goes on");
}

TEST(Cancel, EndsAWaitInTheExtendedProtocol) {
  const Forebay forebay(poolOf(1));
  Connection owner(forebay.conninfo("app"));
  RawClient waiter(forebay.port());
  waiter.login("app", "postgres");
  ConsoleView console(forebay);
  owner.run("begin");
  const auto once = [](const std::string& sql) {
    return wire::parse("", sql) + wire::bind("", "") + wire::execute("") + wire::sync();
  };
  waiter.send(once("select 'never run'") + once("select 'the next batch'"));
  ASSERT_TRUE(console.clientsWait(1));
  cancel(forebay, waiter.pid(), waiter.secret());
  const std::vector<Message> first = waiter.readUntil('Z');
  ASSERT_EQ(types(first), "EZ");
  EXPECT_EQ(first[0].field('C'), kCanceled);
  owner.run("commit");
  EXPECT_EQ(types(waiter.readUntil('Z')), "12DCZ");
}

TEST(Cancel, WorksInATransaction) {
  const Forebay forebay(poolOf(1));
  Connection client(forebay.conninfo("app"));
  client.run("begin");
  client.send(endless("in a transaction"));
  ASSERT_TRUE(runs("in a transaction"));
  EXPECT_EQ(client.cancel(), "");
  EXPECT_EQ(client.next()->sqlstate(), kCanceled);
  EXPECT_FALSE(client.next());
  EXPECT_EQ(client.transactionStatus(), PQTRANS_INERROR);
  client.run("rollback");
  EXPECT_EQ(client.query("select 1"), "1");
}

TEST(Cancel, OfAnIdleClientDoesNothing) {
  const Forebay forebay(poolOf(1));
  Connection idle(forebay.conninfo("app")), busy(forebay.conninfo("app"));
  idle.run("select 1");
  busy.send("select pg_sleep(0.2), 'undisturbed'");
  EXPECT_EQ(idle.cancel(), "");
  EXPECT_EQ(busy.next()->value(0, 1), "undisturbed");
}

TEST(Cancel, Pitfall20ALateOneHitsNobody) {
  const Forebay forebay(poolOf(1));
  RawClient hasty(forebay.port());
  hasty.login("app", "postgres");
  Connection next(forebay.conninfo("app"));
  for (int round = 0; round < 100; ++round) {
    RawClient canceller(forebay.port());
    hasty.send(wire::query("select 1"));
    canceller.send(wire::cancelRequest(hasty.pid(), hasty.secret()));
    next.send("select pg_sleep(0.001), 'undisturbed'");
    hasty.readUntil('Z');  // its answer, or 57014
    const std::optional<QueryResult> result = next.next();
    ASSERT_TRUE(result && result->ok()) << "round " << round << ": " << result->error();
    next.next();
    EXPECT_TRUE(canceller.readToEnd().empty());
  }
}

TEST(Cancel, Pitfall20OneThatIsLostOnItsWayHitsNobodyWhenItArrives) {
  Relay relay(sharedPostgres().port());
  ForebayConfig config = poolOf(1);
  config.databases["app"]["hosts"] = std::vector<std::string>{"127.0.0.1:" + std::to_string(relay.port())};
  config.postgres["cancel_wait_timeout"] = "100ms";
  const Forebay forebay(config);
  Connection lock(sharedPostgres().conninfo()), next(forebay.conninfo("app"));
  const std::string before = next.query("select pg_backend_pid()");
  lock.run("select pg_advisory_lock(20)");
  RawClient hasty(forebay.port());
  hasty.login("app", "postgres");
  hasty.send(wire::query("select pg_advisory_xact_lock(20) /* lost on its way */"));
  ASSERT_TRUE(runs("lost on its way"));

  relay.pauseToTarget();
  cancel(forebay, hasty.pid(), hasty.secret());
  lock.run("select pg_advisory_unlock(20)");
  EXPECT_EQ(types(hasty.readUntil('Z')), "TDCZ");
  next.send("select pg_backend_pid(), pg_sleep(0.3)");
  relay.resume();
  const std::optional<QueryResult> result = next.next();
  ASSERT_TRUE(result && result->ok()) << result->error();
  EXPECT_NE(result->value(), before);
}

TEST(Cancel, IsARowOfTheConsoleWhileItIsOnItsWay) {
  Relay relay(sharedPostgres().port());
  ForebayConfig config = poolOf(1, 2);
  config.databases["app"]["hosts"] = std::vector<std::string>{"127.0.0.1:" + std::to_string(relay.port())};
  const Forebay forebay(config);
  RawClient client(forebay.port());
  client.login("app", "postgres");
  client.send(wire::query(endless("on its way")));
  ASSERT_TRUE(runs("on its way"));
  ConsoleView console(forebay);
  const auto rows = [&](const std::string& show) {
    std::vector<std::string> found;
    const QueryResult shown = console.connection().exec("show " + show);
    for (int row = 0; row < shown.rows(); ++row)
      if (shown.value(row, "state").find("cancel") != std::string::npos)
        found.push_back(shown.value(row, "state") + " " + shown.value(row, "database") +
                        (shown.value(row, "link").empty() ? "" : " linked"));
    std::sort(found.begin(), found.end());
    return found;
  };
  relay.pauseToTarget();
  std::vector<RawClient> cancellers;
  for (int i = 0; i < 3; ++i) {  // the lane is two wide
    cancellers.emplace_back(forebay.port());
    cancellers.back().send(wire::cancelRequest(client.pid(), client.secret()));
  }
  const std::vector<std::string> expected{"active_cancel_req app linked", "active_cancel_req app linked",
                                          "waiting_cancel_req app"};
  EXPECT_TRUE(eventually([&] { return rows("clients") == expected; }));
  EXPECT_EQ(rows("servers"),
            (std::vector<std::string>{"active_cancel app linked", "active_cancel app linked"}));
  relay.resume();
  EXPECT_EQ(types(client.readUntil('Z')).substr(1), "EZ");
  for (RawClient& canceller : cancellers) EXPECT_TRUE(canceller.readToEnd().empty());
  EXPECT_TRUE(eventually([&] { return rows("clients").empty() && rows("servers").empty(); }));
}

TEST(Cancel, WithAWrongKeyDoesNothing) {
  const Forebay forebay(poolOf(1));
  RawClient client(forebay.port());
  client.login("app", "postgres");
  client.send(wire::query("select pg_sleep(0.3), 'undisturbed'"));
  std::string wrong = client.secret();
  wrong.back() = static_cast<char>(wrong.back() ^ 1);
  cancel(forebay, client.pid(), wrong);
  cancel(forebay, client.pid(), client.secret() + "more");
  cancel(forebay, client.pid(), std::string(4, '\0'));
  cancel(forebay, client.pid() + 1, client.secret());
  cancel(forebay, client.pid() ^ 0x40000000, client.secret());
  cancel(forebay, 0, client.secret());
  cancel(forebay, UINT32_MAX, client.secret());
  EXPECT_EQ(types(client.readUntil('Z')), "TDCZ");
}

TEST(Cancel, FindsItsClientOnAnyWorker) {
  const Forebay forebay(poolOf(8, 4));
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Connection>(forebay.conninfo("app")));
    clients.back()->send(endless("client " + std::to_string(i)));
  }
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(runs("client " + std::to_string(i)));
    EXPECT_EQ(clients[i]->cancel(), "");
    EXPECT_EQ(clients[i]->next()->sqlstate(), kCanceled);
    EXPECT_FALSE(clients[i]->next());
    EXPECT_EQ(clients[i]->query("select 1"), "1");
  }
}

TEST(Cancel, Pitfall19KeysAreAsLongAsTheProtocolAllows) {
  const Forebay forebay(poolOf(1));
  for (const auto& [version, length] :
       {std::pair(wire::kProtocol30, 4u), std::pair(wire::kProtocol32, 16u)}) {
    RawClient client(forebay.port());
    client.login("app", "postgres", {.version = version});
    EXPECT_GE(client.secret().size(), length);
    if (version == wire::kProtocol30) {
      EXPECT_EQ(client.secret().size(), length);
    }
    EXPECT_LT(client.pid(), 0x80000000u);  // drivers keep it in a signed number
    EXPECT_GT(client.pid(), 0u);
    const std::string mark = "protocol " + std::to_string(version & 0xffff);
    client.send(wire::query(endless(mark)));
    ASSERT_TRUE(runs(mark));
    cancel(forebay, client.pid(), client.secret());
    const std::vector<Message> answer = client.readUntil('Z');
    EXPECT_EQ(answer.at(answer.size() - 2).field('C'), kCanceled);
  }
}

TEST(Cancel, KeysOfTwoClientsDiffer) {
  const Forebay forebay(poolOf(1));
  RawClient first(forebay.port()), second(forebay.port());
  first.login("app", "postgres");
  second.login("app", "postgres");
  EXPECT_NE(first.pid(), second.pid());
  EXPECT_NE(first.secret(), second.secret());
}

TEST(Cancel, Pitfall19MayBeFollowedByAGoodbye) {
  const Forebay forebay(poolOf(1));
  RawClient client(forebay.port());
  client.login("app", "postgres");
  client.send(wire::query(endless("goodbye")));
  ASSERT_TRUE(runs("goodbye"));
  cancel(forebay, client.pid(), client.secret(), wire::terminate());
  EXPECT_EQ(types(client.readUntil('Z')).substr(1), "EZ");
}

TEST(Cancel, Pitfall20WorksWhileAllServersAreBusyAndOthersWait) {
  const Forebay forebay(poolOf(2));
  ConsoleView console(forebay);
  std::vector<std::unique_ptr<Connection>> busy, waiting;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(std::make_unique<Connection>(forebay.conninfo("app")));
    busy.back()->send(endless("busy " + std::to_string(i)));
  }
  for (int i = 0; i < 6; ++i) {
    waiting.push_back(std::make_unique<Connection>(forebay.conninfo("app")));
    waiting.back()->send("select 'served'");
  }
  ASSERT_TRUE(runs("busy 0") && runs("busy 1"));
  ASSERT_TRUE(console.clientsWait(6));
  for (const auto& client : busy) EXPECT_EQ(client->cancel(), "");
  for (const auto& client : busy) EXPECT_EQ(client->next()->sqlstate(), kCanceled);
  for (const auto& client : waiting) EXPECT_EQ(client->next()->value(), "served");
}

}  // namespace
}  // namespace forebay::rig
