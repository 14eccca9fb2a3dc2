#include "gateway/redis/client.h"

#include <sys/socket.h>

#include <cassert>
#include <cstring>

#include "gateway/redis/redis_worker.h"
#include "gateway/redis/server.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

namespace {

constexpr std::string_view kEnded = "the client closed the connection";

}  // namespace

Client::Client(RedisWorker& worker, WorkerCache& cache, int fd, const net::PeerAddress& peer)
    : worker_(worker),
      cache_(cache),
      socket_(worker.loop(), fd, *this),
      last_at_(worker.loop().now()),
      id_(worker.shared().next_client_id.fetch_add(1, std::memory_order_relaxed)),
      database_(cache.settings().database),
      may_be_tls_(worker.settings().client_tls != nullptr),
      connected_at_(last_at_),
      connected_wall_(std::chrono::system_clock::now()),
      peer_(peer) {
  cache_.welcome(*this);
  socket_.want(true, false);
  armDeadline(last_at_);
}

Client::~Client() {
  worker_.loop().deadlines().disarm(*this);
  in_.clear(worker_.loop().buffers());
  out_.clear(worker_.loop().buffers());
}

Client::Extra& Client::extra() {
  if (!extra_) extra_ = std::make_unique<Extra>();
  return *extra_;
}

std::string_view Client::name() const { return extra_ ? std::string_view(extra_->name) : std::string_view(); }

void Client::rightsChanged(UserPtr user, const redisproto::Acl* acl) {
  logged_in_ = user != nullptr;
  user_ = std::move(user);
  acl_ = acl;
}

// ---- what the client sends

// TLS and plain clients come to one port: a TLS client begins with a handshake record, which is no request.
bool Client::beginTls() {
  char first = 0;
  if (::recv(socket_.fd(), &first, 1, MSG_PEEK) != 1) return true;
  may_be_tls_ = false;
  const bool tls = first == 0x16;
  const bool demanded = worker_.redis().client_tls.sslmode >= conf::SslMode::kRequire;
  if (!tls && demanded) return close("TLS is demanded"), false;
  if (!tls) return true;
  const Status begun = socket_.acceptTls(*worker_.settings().client_tls);
  if (!begun) return close(begun.error()), false;
  handshaking_ = true;
  return true;
}

bool Client::handshake() {
  switch (socket_.handshake()) {
    case net::Handshake::kUnderWay: return false;
    case net::Handshake::kDone: break;
    case net::Handshake::kFailed: return close("TLS: " + socket_.tls()->lastError()), false;
  }
  socket_.want(true, false);
  handshaking_ = false;
  return true;
}

void Client::onReadable() {
  if (closed_) return;
  if (may_be_tls_ && !beginTls()) return;
  if (handshaking_ && !handshake()) return;
  net::Loop& loop = worker_.loop();
  char* scratch = loop.scratch();
  const size_t held = in_.size();
  const bool in_scratch = held <= net::Loop::kScratchSize / 2 && hold_ == Hold::kNone;
  if (in_scratch && held > 0) std::memcpy(scratch, in_.bytes().data(), held);
  const size_t offset = in_scratch ? held : 0;
  const net::IoResult got = socket_.read(scratch + offset, net::Loop::kScratchSize - offset);
  switch (got.status) {
    case net::IoStatus::kWantRead:
    case net::IoStatus::kWantWrite: return;
    case net::IoStatus::kClosed: return ended();
    case net::IoStatus::kError: return close(got.error != 0 ? std::strerror(got.error) : "TLS failed");
    case net::IoStatus::kOk: break;
  }
  cache_.counters().client_bytes.add(got.bytes);
  last_at_ = loop.now();
  if (goodbye_) return;  // nothing of it is looked at
  if (!in_scratch) {
    in_.append(loop.buffers(), Bytes(scratch, got.bytes));
    worker_.shed();
    return closed_ ? void() : takeHeld();
  }
  in_.clear(loop.buffers());
  const Bytes in(scratch, offset + got.bytes);
  const size_t used = consume(in);
  if (closed_) return;
  in_.append(loop.buffers(), in.substr(used));
  if (!in_.empty()) [[unlikely]] {
    worker_.shed();
    if (closed_) return;
  }
  watch();
}

void Client::takeHeld() {
  if (!in_.empty() && !consuming_ && hold_ == Hold::kNone) {
    const size_t used = consume(in_.bytes());
    if (closed_) return;
    in_.consume(worker_.loop().buffers(), used);
  }
  watch();
}

void Client::resume() {
  if (closed_) return;
  if (hold_ == Hold::kDrain || hold_ == Hold::kRoom || hold_ == Hold::kTooMany || hold_ == Hold::kReplica)
    hold_ = Hold::kNone;
  takeHeld();
}

// It is read while it is held back, too, so that its leaving is noticed, but not without end.
void Client::watch() {
  if (close_when_idle_ && isIdle()) [[unlikely]]
    return close("the gateway is going");
  const bool enough = hold_ != Hold::kNone && in_.size() > kMaxHeld;
  const bool server_full = streaming_ && server_ != nullptr && server_->full();
  if (server_full) cache_.waitForRoom(*this, *server_);  // or nobody would tell it to read on
  const bool read = !enough && !server_full && !ended_;
  if (ended_ && isDone()) return close(kEnded);
  if (ended_ && leased_ && may_block_) server_->endRequests();
  socket_.want(read, !out_.empty());
  if (!read || !socket_.hasPending()) return;
  worker_.loop().defer([&worker = worker_, id = id_] {
    if (Client* client = worker.findClient(id); client != nullptr && client->socket_.wantsReadable())
      client->onReadable();
  });
}

// ---- what the client gets

void Client::receive(Bytes run, uint32_t replies, bool cut) {
  if (exec_sent_) [[unlikely]]
    run = execReplied(run, replies);
  if (!closed_ && !run.empty()) {
    send(std::span<const Bytes>(&run, 1));
    mid_reply_ = cut;
    if (!cut && extra_ && !extra_->pushes.empty() && extra_->subscribing.replies.empty() && !closed_)
      flushPushes();
  }
  if (replies > 0) replied(replies);
}

void Client::replied(uint32_t replies) {
  assert(outstanding_ >= replies);
  outstanding_ -= replies;
  if (outstanding_ == 0) return drained();
  if (ended_ && isDone()) [[unlikely]]
    return close(kEnded);
  if (hold_ == Hold::kTooMany && outstanding_ <= kMaxOutstanding / 2 && out_.relaxed())
    worker_.resumeSoon(*this);
}

// Every reply owed to it has come.
void Client::drained() {
  if (closed_) {
    server_ = nullptr;
    return worker_.bury(*this);
  }
  if (reader_.wrote) [[unlikely]]
    writesAcknowledged();
  if (leased_) {
    may_block_ = false;
    if (server_->requestsEnded()) {
      leaveLease(false);
      leaseLost();
      if (closed_) return;
    } else if (!pinned()) {
      leaveLease(true);
    }
  } else {
    readServerOn();  // the end of its last reply may have been what was too much
    server_ = nullptr;
  }
  if (goodbye_ && out_.empty()) return close("it took leave");
  if (ended_ && isDone()) return close(kEnded);
  if (close_when_idle_ && isIdle()) return close("the gateway is going");
  if (hold_ == Hold::kDrain || (hold_ == Hold::kTooMany && out_.relaxed())) worker_.resumeSoon(*this);
}

void Client::send(std::span<const Bytes> runs) {
  const net::IoResult sent = out_.send(socket_, worker_.loop().buffers(), runs);
  if (sent.status == net::IoStatus::kError) return close("the connection to the client was lost");
  cache_.counters().client_bytes_sent.add(sent.bytes);
  if (!out_.empty()) sendSlowly();
}

// It takes less than it asks for. Its own connection waits for it; a shared one goes on, and what is for it
// is kept, but not without end.
void Client::sendSlowly() {
  watch();
  if (out_.full() && server_ != nullptr && !server_paused_) {
    server_->moveOthers();
    if (server_->waitsFor(*this)) {
      server_paused_ = true;
      server_->pauseReading();
    }
  }
  const conf::RedisSettings& settings = worker_.redis();
  const uint64_t limit =
      listens() ? settings.client_output_buffer_limit_pubsub : settings.client_output_buffer_limit;
  if (limit > 0 && out_.size() > limit) {
    cache_.counters().shed.add();
    return close("it did not read " + std::to_string(out_.size()) + " bytes (client_output_buffer_limit" +
                 (listens() ? "_pubsub)" : ")"));
  }
  worker_.shed();
}

void Client::readServerOn() {
  if (std::exchange(server_paused_, false) && server_ != nullptr) server_->resumeReading();
}

void Client::moved(Server& server) {
  readServerOn();
  server_ = &server;
}

void Client::onWritable() {
  if (closed_) return;
  if (handshaking_) return onReadable();
  if (out_.flush(socket_, worker_.loop().buffers()).status == net::IoStatus::kError)
    return close("the connection to the client was lost");
  if (goodbye_ && out_.empty() && outstanding_ == 0) return close("it took leave");
  if (out_.relaxed()) readServerOn();
  if (hold_ == Hold::kTooMany && out_.relaxed() && outstanding_ <= kMaxOutstanding / 2) return resume();
  watch();
}

void Client::pushed(Bytes head, Bytes rest) {
  if (closed_) return;
  if (mid_reply_ || (extra_ && (!extra_->subscribing.replies.empty() || !extra_->pushes.empty()))) {
    extra().pushes.append(head).append(rest);
    const uint64_t limit = worker_.redis().client_output_buffer_limit_pubsub;
    if (limit > 0 && extra_->pushes.size() > limit) {
      cache_.counters().shed.add();
      close("it did not read its messages (client_output_buffer_limit_pubsub)");
    }
    return;
  }
  const Bytes runs[] = {head, rest};
  send(runs);
}

void Client::flushPushes() {
  const std::string pushes = std::exchange(extra_->pushes, {});
  const Bytes run = pushes;
  send(std::span<const Bytes>(&run, 1));
}

// ---- life

// It sends no more. What it has asked for is still answered, as Redis does, which answers before it hears of
// the end; but nobody waits on for what may never come. What blocks is left to Redis (Server::endRequests()).
// Who would have to wait for a connection to do so is gone: he may be no more, and what was popped for him
// would be lost.
void Client::ended() {
  const bool would_block = hold_ == Hold::kLease && bringsItsOwnTime(last_command_);
  if (isDone() || (would_block && !cache_.leases().areComing())) return close(kEnded);
  ended_ = true;
  watch();
}

// All that came whole is taken and answered. A large request that never came to its end has no answer.
bool Client::isDone() const {
  const bool takes_more = consuming_ || hold_ != Hold::kNone || ListNode<InResumeList>::linked();
  return !takes_more && outstanding_ <= (streaming_ ? 1U : 0U) && out_.empty();
}

void Client::close(std::string_view reason) {
  if (std::exchange(closed_, true)) return;
  goodbye_ = true;  // whoever takes its requests just now takes no more
  socket_.close();  // at once: who has been told that it is closed may be writing already, and would be reset
  // Who connects and hangs up is not worth a line: a stranger can do that at will.
  if (worker_.config().log.log_disconnections && logged_in_ && last_command_ != nullptr)
    logEvent(std::string("closed: ") += reason);
  net::Loop& loop = worker_.loop();
  loop.deadlines().disarm(*this);
  in_.clear(loop.buffers());
  out_.clear(loop.buffers());
  cache_.withdraw(*this);
  if (listens()) cache_.pubSub().left(*this);
  readServerOn();
  ListNode<InResumeList>::unlink();
  ListNode<InCacheClients>::unlink();
  const bool clean = outstanding_ == 0 && !pinned();
  worker_.clientClosed(*this);
  // What is owed to it goes nowhere: the server counts that down when it closes.
  if (std::exchange(leased_, false)) cache_.giveBack(*std::exchange(server_, nullptr), clean);
}

void Client::closeWhenIdle() {
  close_when_idle_ = true;
  if (isIdle()) close("the gateway is going");
}

// How long it may be held back as it is; zero: without end.
Duration Client::waitLimit() const {
  if (hold_ == Hold::kReplica) return cache_.settings().reading.replica_wait_timeout;
  const bool limited = hold_ == Hold::kConfirm || (hold_ == Hold::kRoom && !leased_);
  return limited ? cache_.commandWaitTimeout() : Duration::zero();
}

void Client::armDeadline(Instant now) {
  Instant at = kNever;
  const conf::RedisSettings& settings = worker_.redis();
  if (!logged_in_ && settings.client_login_timeout > Duration::zero())
    at = connected_at_ + settings.client_login_timeout;
  if (settings.timeout > Duration::zero()) at = std::min(at, last_at_ + settings.timeout);
  if (const Duration wait = waitLimit(); wait > Duration::zero()) at = std::min(at, waiting_since_ + wait);
  worker_.loop().deadlines().arm(*this, at == kNever ? at : std::max(at, now + milliseconds(1)));
}

void Client::due(Instant now) {
  const conf::RedisSettings& settings = worker_.redis();
  if (!logged_in_ && settings.client_login_timeout > Duration::zero() &&
      now >= connected_at_ + settings.client_login_timeout) {
    worker_.rejected["client_login_timeout"] += 1;
    return close("no login within client_login_timeout");
  }
  const Duration wait = waitLimit();
  if (wait > Duration::zero() && now >= waiting_since_ + wait) {
    if (hold_ == Hold::kConfirm) {
      unconfirmed(wait);
    } else {  // its request is looked at again, and refused, or goes to the primary
      cache_.withdraw(*this);
      resume();
    }
  }
  if (closed_) return;
  const bool waits = outstanding_ > 0 || listens() || leased_ || hold_ != Hold::kNone;
  if (settings.timeout > Duration::zero() && !waits && now >= last_at_ + settings.timeout)
    return close("idle for timeout");
  if (waits) last_at_ = now;
  armDeadline(now);
}

// The request waits at the front of what was read. A shared connection that has been full for so long is as
// good as none, and nobody waits for it any more; once half of it is free, all have their turn. A client's
// own connection is full of nothing but what its client has sent.
Client::Step Client::noRoom(Server& server) {
  const Instant now = worker_.loop().now();
  const Duration limit = cache_.commandWaitTimeout();
  if (!leased_ && limit > Duration::zero() && now - server.fullSince() >= limit) {
    cache_.counters().timeouts.add();
    return answerError(server.noRoomError());
  }
  cache_.waitForRoom(*this, server);
  waiting_since_ = server.fullSince();
  const Step step = wait(Hold::kRoom);
  armDeadline(now);
  return step;
}

void Client::logEvent(std::string_view event) const {
  if (!worker_.log().wants(conf::LogLevel::kInfo)) return;
  const std::string peer = peer_.text();
  worker_.log().info({'C', id_, cache_.name(), userName(), peer}) << event;
}

}  // namespace forebay::redis
