#include "gateway/postgres/client.h"

#include <cassert>
#include <cstring>

#include "gateway/admin/show.h"
#include "gateway/postgres/client_login.h"
#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"

namespace forebay::postgres {

Client::Client(PostgresWorker& worker, int fd, const net::PeerAddress& peer, uint32_t slot)
    : worker_(worker),
      socket_(worker.loop(), fd, *this),
      id_(worker.shared().next_client_id.fetch_add(1, std::memory_order_relaxed)),
      state_since_(worker.loop().now()),
      slot_(slot),
      connected_wall_(std::chrono::system_clock::now()),
      peer_(peer) {
  worker.random().take(secret_.data(), secret_.size());
  login_ = std::make_unique<ClientLogin>(*this);
  socket_.want(true, false);
  armDeadline(state_since_);
}

Client::~Client() {
  worker_.loop().deadlines().disarm(*this);
  in_.clear(worker_.loop().buffers());
  out_.clear(worker_.loop().buffers());
  if (reads_) keepNothing();
}

uint32_t Client::pid() const {
  return ClientPid{worker_.postgres().peer_id, worker_.index(), slot_}.encode();
}

Bytes Client::cancelSecret() const { return Bytes(secret_.data(), long_secret_ ? secret_.size() : 4); }

void Client::enter(State next) {
  assert(state_ != State::kClosed);
  state_ = next;
  state_since_ = worker_.loop().now();
  armDeadline(state_since_);
}

// ---- logging in

void Client::awaitWelcome(WorkerPool& pool) {
  pool_ = &pool;
  pool.request(*this);
  if (waiting())
    worker_.loop().deadlines().armBy(*this, deadlineAfter(waiting_since, pool.settings().query_wait_timeout));
}

void Client::loggedIn(LoggedIn result) {
  worker_.loop().bury(std::move(login_));
  --worker_.login_clients;
  pool_ = result.pool;
  admin_ = result.admin;
  replication_ = result.replication;
  long_secret_ = result.protocol >= 0x30002;
  parameters_ = startup_parameters_ = std::move(result.parameters);
  if (pool_ != nullptr) pool_->join(*this);
  if (pool_ == nullptr) ++worker_.console_clients;
  enter(pool_ != nullptr ? State::kIdle : State::kConsole);
  if (worker_.config().log.log_connections) logEvent("logged in");
  send(result.greeting);
  if (state_ == State::kClosed) return;
  if (pool_ != nullptr && pool_->reads() != nullptr) takeToken();
  if (worker_.draining()) leaveBy(state_since_);
  in_.append(worker_.loop().buffers(), result.early);
  takeHeld();
}

// ---- events

void Client::onReadable() {
  if (state_ == State::kClosed) return;
  if (login_) return login_->onReadable();
  net::Loop& loop = worker_.loop();
  char* scratch = loop.scratch();
  const size_t held = in_.size();
  const bool in_scratch = held <= net::Loop::kScratchSize / 2;
  if (in_scratch && held > 0) std::memcpy(scratch, in_.bytes().data(), held);
  const size_t offset = in_scratch ? held : 0;
  const net::IoResult got = socket_.read(scratch + offset, net::Loop::kScratchSize - offset);
  switch (got.status) {
    case net::IoStatus::kWantRead:
    case net::IoStatus::kWantWrite: return;
    case net::IoStatus::kClosed: return left("the client closed the connection");
    case net::IoStatus::kError: return left(got.error != 0 ? std::strerror(got.error) : "TLS failed");
    case net::IoStatus::kOk: break;
  }
  if (pool_ != nullptr) pool_->counters().bytes_received.add(got.bytes);
  if (!in_scratch) {
    in_.append(loop.buffers(), Bytes(scratch, got.bytes));
    return takeHeld();
  }
  in_.clear(loop.buffers());
  const Bytes in(scratch, offset + got.bytes);
  const size_t used = consume(in);
  if (state_ == State::kClosed) return;
  in_.append(loop.buffers(), in.substr(used));
  watch();
}

// Deals with requests that were held back.
void Client::takeHeld() {
  if (in_.empty() || consuming_) return;
  const size_t used = consume(in_.bytes());
  if (state_ == State::kClosed) return;
  in_.consume(worker_.loop().buffers(), used);
  watch();
}

void Client::onWritable() {
  if (state_ == State::kClosed) return;
  if (login_) return login_->onWritable();
  if (out_.flush(socket_, worker_.loop().buffers()).status == net::IoStatus::kError)
    return left("the connection to the client was lost");
  if (server_ != nullptr && out_.relaxed()) server_->resumeReading();
  watch();
}

// Requests are read unless too many wait already, or the server takes no more.
void Client::watch() {
  const bool held_back = in_.size() > kMaxHeld && (state_ == State::kWaiting || flushing_ || settling_ ||
                                                   console_busy_ || (reads_ && reads_->awaits_floor));
  const bool server_full = server_ != nullptr && server_->full();
  socket_.want(!held_back && !server_full, !out_.empty());
  if (held_back || server_full || !socket_.hasPending()) return;
  worker_.loop().defer([&worker = worker_, slot = slot_, id = id_] {
    Client* client = worker.clients().at(slot);
    if (client != nullptr && client->id() == id && client->socket_.wantsReadable()) client->onReadable();
  });
}

void Client::send(Bytes bytes) {
  if (bytes.empty()) return;
  const net::IoResult sent = out_.send(socket_, worker_.loop().buffers(), bytes);
  if (sent.status == net::IoStatus::kError) return left("the connection to the client was lost");
  if (!out_.empty()) watch();
}

// ---- time

void Client::logEvent(std::string_view event) const {
  if (!worker_.log().wants(conf::LogLevel::kInfo)) return;
  const std::string peer = peer_.text();
  worker_.log().info({'C', id_, database(), user(), peer}) << event;
}

bool Client::sendsCancel() const { return login_ && login_->sendsCancel(); }

std::string_view Client::database() const {
  if (state_ == State::kConsole) return admin::kConsoleDatabase;
  return pool_ != nullptr ? entryNameOf(pool_->databaseName()) : std::string_view();
}

}  // namespace forebay::postgres
