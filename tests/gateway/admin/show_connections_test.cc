#include "tests/gateway/admin/show_fixture.h"

namespace forebay::admin {
namespace {

using ShowConnections = ShowTest;

ClientRow client(uint64_t id, ClientState state, uint64_t server) {
  ClientRow row;
  row.id = id, row.link_id = server, row.state = state, row.fd = static_cast<int>(id) + 100;
  row.user = "app", row.database = "orders", row.addr = "10.0.3.7", row.port = 51522;
  row.connect_time = WallTime(seconds(1'700'000'000));
  return row;
}

ServerRow server(uint64_t id, ServerState state, uint64_t of_client) {
  ServerRow row;
  row.id = id, row.link_id = of_client, row.state = state, row.fd = static_cast<int>(id) + 200;
  row.remote_pid = 4711;
  return row;
}

TEST_F(ShowConnections, ClientsAndServersAreNamedAsInTheLogAndPointToEachOther) {
  fleet_.snapshot.clients = {client(17, ClientState::kActive, 4), client(18, ClientState::kIdle, 0),
                             client(19, ClientState::kLogin, 0)};
  fleet_.snapshot.clients[1].wait = microseconds(3'000'007);
  fleet_.snapshot.servers = {server(4, ServerState::kActive, 17), server(5, ServerState::kLogin, 0)};

  const WireAnswer clients = show("CLIENTS");
  ASSERT_EQ(clients.rows.size(), 2u) << "who has not logged in yet is in no pool";
  EXPECT_EQ(clients.at("C", "ptr"), "C-17");
  EXPECT_EQ(clients.at("C", "link"), "S-4");
  EXPECT_EQ(clients.at("C", "id"), "17");
  EXPECT_EQ(clients.at("C", "connect_time"), "2023-11-14 22:13:20 UTC");
  EXPECT_EQ(clients.at("C", "request_time"), "NULL");
  EXPECT_EQ(clients.rows[1][4], "idle");
  EXPECT_EQ(clients.rows[1][11], "3");
  EXPECT_EQ(clients.rows[1][12], "7");

  const WireAnswer servers = show("SERVERS");
  EXPECT_EQ(servers.at("S", "link"), "C-17");
  EXPECT_EQ(servers.at("S", "remote_pid"), "4711");
  EXPECT_EQ(servers.rows[1][1], "(nouser)");
  EXPECT_EQ(servers.rows[1][4], "new");
}

TEST_F(ShowConnections, SocketsSayWhichHoldBytes) {
  fleet_.snapshot.clients = {client(17, ClientState::kActive, 4), client(19, ClientState::kLogin, 0),
                             client(20, ClientState::kWaitingCancelReq, 0)};
  fleet_.snapshot.servers = {server(4, ServerState::kIdle, 0)};
  fleet_.snapshot.servers[0].unsent_bytes = 99;
  EXPECT_EQ(show("SOCKETS").rows.size(), 3u);
  EXPECT_EQ(show("SOCKETS").rows[1][4], "cl_login");
  const WireAnswer active = show("ACTIVE_SOCKETS");
  ASSERT_EQ(active.rows.size(), 1u);
  EXPECT_EQ(active.at("S", "state"), "sv_idle");
  EXPECT_EQ(active.at("S", "send_avail"), "99");
}

TEST_F(ShowConnections, FdsNeverHoldASecret) {
  fleet_.snapshot.listeners = {{7, "0.0.0.0", 6432}};
  fleet_.snapshot.clients = {client(17, ClientState::kActive, 4)};
  fleet_.snapshot.clients[0].client_encoding = "UTF8";
  fleet_.snapshot.servers = {server(4, ServerState::kActive, 17)};
  const WireAnswer fds = show("FDS");
  EXPECT_EQ(fds.at("7", "task"), "pooler");
  EXPECT_EQ(fds.at("117", "link"), "204");
  EXPECT_EQ(fds.at("117", "client_encoding"), "UTF8");
  EXPECT_EQ(fds.at("204", "task"), "server");
  for (const char* fd : {"7", "117", "204"}) {
    EXPECT_EQ(fds.at(fd, "cancel"), "0");
    for (const char* secret : {"password", "scram_client_key", "scram_server_key"})
      EXPECT_EQ(fds.at(fd, secret), "NULL");
  }
}

TEST_F(ShowConnections, PreparedShowsAHashInPlaceOfTheText) {
  fleet_.snapshot.prepared = {{4, "orders", "app", "F_1", 3, 0xabc, 21}};
  const WireAnswer prepared = show("PREPARED");
  EXPECT_EQ(prepared.at("4", "name"), "F_1");
  EXPECT_EQ(prepared.at("4", "clients"), "3");
  EXPECT_EQ(prepared.at("4", "sql_hash"), "0000000000000abc");
  EXPECT_EQ(prepared.at("4", "sql_length"), "21");
}

TEST_F(ShowConnections, PinsNameTheReason) {
  fleet_.snapshot.pins = {{17, 4, "orders", "app", "temporary table", WallTime(seconds(1'700'000'000))}};
  EXPECT_EQ(show("PINS").at("17", "reason"), "temporary table");
  EXPECT_EQ(show("PINS").at("17", "server"), "4");
}

}  // namespace
}  // namespace forebay::admin
