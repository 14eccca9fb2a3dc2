#include <algorithm>
#include <array>
#include <cstdio>
#include <unordered_map>

#include "gateway/admin/show.h"
#include "gateway/admin/text.h"

namespace forebay::admin {
namespace {

constexpr auto kInt = ColumnType::kInt4;
constexpr auto kBig = ColumnType::kInt8;

constexpr std::array kSocketColumns{
    TableColumn{"type"},
    TableColumn{"user"},
    TableColumn{"database"},
    TableColumn{"replication"},
    TableColumn{"state"},
    TableColumn{"addr"},
    TableColumn{"port", kInt},
    TableColumn{"local_addr"},
    TableColumn{"local_port", kInt},
    TableColumn{"connect_time"},
    TableColumn{"request_time"},
    TableColumn{"wait", kInt},
    TableColumn{"wait_us", kInt},
    TableColumn{"close_needed", kInt},
    TableColumn{"ptr"},
    TableColumn{"link"},
    TableColumn{"remote_pid", kInt},
    TableColumn{"tls"},
    TableColumn{"application_name"},
    TableColumn{"prepared_statements", kInt},
    TableColumn{"id", kInt},
    // SOCKETS and ACTIVE_SOCKETS go on:
    TableColumn{"recv_pos", kInt},
    TableColumn{"pkt_pos", kInt},
    TableColumn{"pkt_remain", kInt},
    TableColumn{"send_pos", kInt},
    TableColumn{"send_remain", kInt},
    TableColumn{"pkt_avail", kInt},
    TableColumn{"send_avail", kInt},
};
constexpr std::span<const TableColumn> kConnectionColumns(kSocketColumns.data(), 21);

constexpr std::array kFdColumns{
    TableColumn{"fd", kInt},
    TableColumn{"task"},
    TableColumn{"user"},
    TableColumn{"database"},
    TableColumn{"addr"},
    TableColumn{"port", kInt},
    TableColumn{"cancel", kBig},
    TableColumn{"link", kInt},
    TableColumn{"client_encoding"},
    TableColumn{"std_strings"},
    TableColumn{"datestyle"},
    TableColumn{"timezone"},
    TableColumn{"password"},
    TableColumn{"scram_client_key", ColumnType::kBytea},
    TableColumn{"scram_server_key", ColumnType::kBytea},
};

constexpr std::array kPinColumns{
    TableColumn{"client", kBig}, TableColumn{"database"}, TableColumn{"user"},
    TableColumn{"reason"},       TableColumn{"since"},    TableColumn{"server", kBig},
};

constexpr std::array kPreparedColumns{
    TableColumn{"server", kBig},
    TableColumn{"database"},
    TableColumn{"user"},
    TableColumn{"name"},
    TableColumn{"clients", kInt},
    TableColumn{"sql_hash"},
    TableColumn{"sql_length", kInt},
};

constexpr char kClient = 'C';
constexpr char kServer = 'S';

// "C-17", as the log calls it.
std::string logName(char kind, uint64_t id) { return std::string(1, kind) + "-" + std::to_string(id); }

Cell timeCell(WallTime at) { return at == WallTime{} ? std::nullopt : text(formatTime(at)); }
Cell unlessEmpty(std::string_view value) { return value.empty() ? std::nullopt : text(value); }

std::vector<Cell> connectionRow(char kind, const ConnectionRow& row, std::string_view state) {
  const char other = kind == kClient ? kServer : kClient;
  return {text({&kind, 1}),
          text(row.user.empty() ? "(nouser)" : row.user),
          text(row.database.empty() ? "(nodb)" : row.database),
          text(nameOf(row.replication)),
          text(state),
          text(row.addr),
          number(row.port),
          text(row.local_addr),
          number(row.local_port),
          timeCell(row.connect_time),
          timeCell(row.request_time),
          number(row.wait.count() / 1'000'000),
          number(row.wait.count() % 1'000'000),
          flag(row.close_needed),
          text(logName(kind, row.id)),
          text(row.link_id == 0 ? "" : logName(other, row.link_id)),
          number(row.remote_pid),
          text(row.tls),
          text(row.application_name),
          number(row.prepared_statements),
          number(row.id)};
}

// Where PgBouncer shows places in the buffer that each of its connections owns, ours has what a connection
// holds of one: mostly nothing.
std::vector<Cell> socketRow(char kind, const ConnectionRow& row, std::string_view state) {
  std::vector<Cell> out = connectionRow(kind, row, state);
  for (const uint32_t value :
       {row.unparsed_bytes, 0u, 0u, 0u, row.unsent_bytes, row.unparsed_bytes, row.unsent_bytes})
    out.push_back(number(value));
  return out;
}

// As SHOW SOCKETS names the state, or empty: cancels are left out there.
std::string_view socketState(ClientState state) {
  switch (state) {
    case ClientState::kLogin: return "cl_login";
    case ClientState::kActive:
    case ClientState::kIdle: return "cl_active";
    case ClientState::kWaiting: return "cl_waiting";
    case ClientState::kActiveCancelReq:
    case ClientState::kWaitingCancelReq: return "";
  }
  return "";
}

std::string_view socketState(ServerState state) {
  switch (state) {
    case ServerState::kLogin: return "sv_login";
    case ServerState::kIdle: return "sv_idle";
    case ServerState::kActive: return "sv_active";
    case ServerState::kUsed: return "sv_used";
    case ServerState::kTested: return "sv_tested";
    case ServerState::kActiveCancel:
    case ServerState::kBeingCanceled: return "";
  }
  return "";
}

Table socketTable(const Snapshot& snapshot, auto wanted) {
  Table out(kSocketColumns);
  const auto addAll = [&](char kind, const auto& rows) {
    for (const auto& row : rows) {
      const std::string_view state = socketState(row.state);
      if (!state.empty() && wanted(row)) out.add(socketRow(kind, row, state));
    }
  };
  addAll(kClient, snapshot.clients);
  addAll(kServer, snapshot.servers);
  return out;
}

using FdById = std::unordered_map<uint64_t, int>;

FdById fdsOf(const auto& rows) {
  FdById out;
  for (const ConnectionRow& row : rows) out[row.id] = row.fd;
  return out;
}

// The columns are PgBouncer's. What would let a reader act as someone else is never filled in: neither the
// cancel key nor a password or key.
std::vector<Cell> fdRow(std::string_view task, const ConnectionRow& row, const FdById& others) {
  const auto link = others.find(row.link_id);
  return {number(row.fd),
          text(task),
          unlessEmpty(row.user),
          unlessEmpty(row.database),
          text(row.addr),
          number(row.port),
          number(0),
          number(link == others.end() ? 0 : link->second),
          unlessEmpty(row.client_encoding),
          unlessEmpty(row.standard_conforming_strings),
          unlessEmpty(row.datestyle),
          unlessEmpty(row.timezone),
          std::nullopt,
          std::nullopt,
          std::nullopt};
}

}  // namespace

// What the worker of its target knows of a cancel, and that of its own connection does not.
ClientRow withTarget(ClientRow row, const Snapshot& snapshot) {
  const auto cancel = std::ranges::find(snapshot.cancels, row.id, &CancelRow::client_id);
  if (cancel == snapshot.cancels.end()) return row;
  if (cancel->waits) row.state = ClientState::kWaitingCancelReq;
  row.link_id = cancel->server_id;
  row.database = cancel->database;
  return row;
}

Table showClients(const ShowContext& context) {
  Table out{kConnectionColumns};
  const auto add = [&](const ClientRow& row) { out.add(connectionRow(kClient, row, nameOf(row.state))); };
  for (const ClientRow& row : context.snapshot.clients) {
    if (row.state == ClientState::kActiveCancelReq)
      add(withTarget(row, context.snapshot));
    else if (row.state != ClientState::kLogin)
      add(row);
  }
  return out;
}

Table showServers(const ShowContext& context) {
  Table out{kConnectionColumns};
  for (const ServerRow& row : context.snapshot.servers)
    out.add(connectionRow(kServer, row, nameOf(row.state)));
  return out;
}

Table showSockets(const ShowContext& context) {
  return socketTable(context.snapshot, [](const ConnectionRow&) { return true; });
}

Table showActiveSockets(const ShowContext& context) {
  return socketTable(context.snapshot,
                     [](const ConnectionRow& row) { return row.unparsed_bytes + row.unsent_bytes > 0; });
}

Table showFds(const ShowContext& context) {
  const Snapshot& snapshot = context.snapshot;
  const FdById client_fds = fdsOf(snapshot.clients), server_fds = fdsOf(snapshot.servers);
  Table out(kFdColumns);
  for (const ListenerRow& listener : snapshot.listeners) {
    ConnectionRow row;
    row.fd = listener.fd;
    row.addr = listener.addr;
    row.port = listener.port;
    out.add(fdRow("pooler", row, {}));
  }
  for (const ClientRow& row : snapshot.clients) out.add(fdRow("client", row, server_fds));
  for (const ServerRow& row : snapshot.servers) out.add(fdRow("server", row, client_fds));
  return out;
}

Table showPins(const ShowContext& context) {
  Table out(kPinColumns);
  for (const PinRow& pin : context.snapshot.pins)
    out.add({number(pin.client_id), text(pin.database), text(pin.user), text(pin.reason), timeCell(pin.since),
             number(pin.server_id)});
  return out;
}

Table showPrepared(const ShowContext& context) {
  Table out(kPreparedColumns);
  for (const PreparedRow& row : context.snapshot.prepared) {
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(row.sql_hash));
    out.add({number(row.server_id), text(row.database), text(row.user), text(row.name), number(row.clients),
             text(hash), number(row.sql_length)});
  }
  return out;
}

}  // namespace forebay::admin
