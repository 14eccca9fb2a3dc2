#include "gateway/redis/server.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "conf/address.h"
#include "gateway/redis/client.h"
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/replicas.h"
#include "gateway/redis/worker_cache.h"
#include "pools/in_flight.h"

namespace forebay::redis {
namespace {

// So often may a read meet the end of its connection: after that it is taken for the reason.
constexpr uint8_t kMostLosses = 3;

// Of requests that are written: the others are answered with an error when the connection is lost.
bool mayBeSentAgain(const Owed& owed) {
  if (owed.command == nullptr || owed.cut) return false;
  const redisproto::Special what = owed.command->special;
  return pools::isRepeatable(*owed.command) || what == redisproto::Special::kEvalsha ||
         what == redisproto::Special::kScriptLoad;
}

bool isTransactionWord(const Owed& owed) {
  if (owed.command == nullptr) return false;
  const redisproto::Special what = owed.command->special;
  return what == redisproto::Special::kMulti || what == redisproto::Special::kExec ||
         what == redisproto::Special::kDiscard;
}

// Which requests of one client's connection stand behind its MULTI, so that Redis has queued them at most:
// with the connection they are gone, unless the EXEC was written, too. `in_multi`: that is how they end.
std::vector<bool> onlyQueued(const Ring<Owed>& owed, size_t written, bool in_multi) {
  std::vector<bool> out(owed.size(), false);
  for (size_t i = 0, begin = 0; i <= owed.size(); ++i) {  // from one such word, or the front, to the next
    if (i < owed.size() && !isTransactionWord(owed[i])) continue;
    const bool multi = begin > 0 && owed[begin - 1].command->special == redisproto::Special::kMulti;
    bool queued = multi || begin == 0;
    if (i == owed.size()) {
      queued = queued && in_multi;
    } else {
      queued = multi && !(owed[i].command->special == redisproto::Special::kExec && i < written);
    }
    for (size_t at = begin; at < i; ++at) out[at] = queued;
    begin = i + 1;
  }
  return out;
}

}  // namespace

Server::Server(WorkerCache& cache, Kind kind, redisproto::Resp resp, uint32_t database,
               std::shared_ptr<Replica> replica)
    : cache_(cache),
      replica_(std::move(replica)),
      id_(cache.worker().shared().next_server_id.fetch_add(1, std::memory_order_relaxed)),
      kind_(kind),
      resp_(resp),
      database_(database) {}

Server::~Server() {
  cache_.worker().loop().deadlines().disarm(*this);
  requests_.clear(cache_.worker().loop().buffers());
  kept_.clear(cache_.worker().loop().buffers());
  held_.clear(cache_.worker().loop().buffers());
}

std::string Server::place() const {
  return "cache " + cache_.name() + ", " + (node_.empty() ? cache_.nodeName() : node_);
}

std::string Server::outcomeUnknown(std::string_view reason) const {
  return std::string(pools::outcomeUnknownError()) + " (" + place() + ": " + std::string(reason) + ")";
}

std::string Server::notExecuted(std::string_view reason) const {
  return std::string(pools::notExecutedError()) + " (" + place() + ": " + std::string(reason) + ")";
}

bool Server::goesOn(const Owed& owed, Bytes wire) const {
  if (owed.command == nullptr || owed.command->special != redisproto::Special::kScan || owed.cut)
    return false;
  redisproto::RequestProgress progress;
  redisproto::Request& request = cache_.worker().scratchRequest();
  return redisproto::scanRequest(wire, {}, progress, request) == redisproto::RequestScan::kRequest &&
         pools::goesOn(*owed.command, request.args);
}

// ---- requests

void Server::put(Client* client, const redisproto::Command* command, Owed::Kind kind, Bytes wire) {
  net::Loop& loop = cache_.worker().loop();
  const Instant now = loop.now();
  Owed owed;
  owed.client = client;
  owed.command = command;
  owed.at = now;
  owed.size = static_cast<uint32_t>(wire.size());
  owed.kind = kind;
  owed_.pushBack(std::move(owed));
  if (wire.size() >= kSentAtOnce && unsent() == 0 && state_ == State::kReady && !keepsAll())
    return putLarge(wire);
  requests_.append(loop.buffers(), wire);
  if (state_ == State::kReady) {
    if (unsent() >= kMostGathered && !stuck_) return flush();
    return loop.atTurnEnd(*this);
  }
  dialWhenDue();
  armDeadline(now);
}

// Not copied first, since nothing else would leave with it. What is not kept whole is never sent again.
void Server::putLarge(Bytes wire) {
  const Bytes rest = sendAtOnce(wire);
  owed_.back().cut = rest.size() != wire.size();
  owed_.back().size = static_cast<uint32_t>(rest.size());
  requests_.append(cache_.worker().loop().buffers(), rest);
  if (rest.empty()) noteWritten(cache_.worker().loop().now());
  cache_.worker().loop().atTurnEnd(*this);
}

void Server::putMore(Bytes wire) {
  net::Loop& loop = cache_.worker().loop();
  if (wire.size() >= kSentAtOnce && requests_.empty() && state_ == State::kReady) wire = sendAtOnce(wire);
  requests_.append(loop.buffers(), wire);
  if (!owed_.empty()) {  // no more than this is ever held, so the sum may end there
    uint32_t& size = owed_.back().size;
    size += static_cast<uint32_t>(std::min<size_t>(wire.size(), UINT32_MAX - size));
  }
  if (state_ == State::kReady) loop.atTurnEnd(*this);
}

void Server::batchEnds() {
  if (unsent() >= kGathered && !stuck_) flush();
}

void Server::endRequests() {
  if (std::exchange(ended_, true)) return;
  net::Loop& loop = cache_.worker().loop();
  wrote_at_ = loop.now();
  armDeadline(wrote_at_);
  loop.atTurnEnd(*this);
}

// Returns what the socket did not take.
Bytes Server::sendAtOnce(Bytes wire) {
  const net::IoResult result = socket_.write(wire);
  if (result.status != net::IoStatus::kOk) return wire;
  cache_.counters().bytes_sent.add(result.bytes);
  wrote_at_ = cache_.worker().loop().now();
  return wire.substr(result.bytes);
}

void Server::putAnswer(Client& client, std::string text) {
  Owed owed;
  owed.client = &client;
  owed.at = cache_.worker().loop().now();
  owed.kind = Owed::Kind::kAnswer;
  owed.text = std::make_unique<std::string>(std::move(text));
  owed_.pushBack(std::move(owed));
}

bool Server::waitsFor(const Client& client) const {
  if (kind_ == Kind::kLeased) return true;
  if (!detoured_) return false;
  for (size_t i = 0; i < owed_.size(); ++i)
    if (owed_[i].client != nullptr && owed_[i].client != &client && !owed_[i].client->closed()) return false;
  return true;
}

// Everything that was put in during this turn leaves in one send.
void Server::flush() {
  if (state_ != State::kReady || refusing_) return;
  net::Loop& loop = cache_.worker().loop();
  while (unsent() > 0) {
    const net::IoResult result = socket_.write(requests_.bytes().substr(sent_));
    if (result.status != net::IoStatus::kOk) break;  // a loss is found by reading, behind the last replies
    cache_.counters().bytes_sent.add(result.bytes);
    wrote_at_ = loop.now();
    if (retains()) {
      sent_ += result.bytes;
    } else {
      requests_.consume(loop.buffers(), result.bytes);
    }
  }
  if (ended_ && requests_.empty()) [[unlikely]]
    ::shutdown(socket_.fd(), SHUT_WR);
  stuck_ = unsent() > 0;
  noteWritten(loop.now());
  watch();
}

void Server::noteWritten(Instant now) {
  Instant at{};
  uint64_t count = 0;
  const auto record = [&] {
    if (count > 0) cache_.counters().before_write.record(now - at, count);
  };
  // A leased connection keeps what is not sent yet and nothing else: it belongs to the last ones.
  size_t whole = owed_.size();
  if (!retains())
    for (size_t left = requests_.size(); left > 0 && whole > 0;)
      left -= std::min<size_t>(left, owed_[--whole].size);
  net::BufferPool& buffers = cache_.worker().loop().buffers();
  const Bytes bytes = requests_.bytes();
  const bool keeps_all = keepsAll();
  size_t begin = 0, end = 0;  // of requests in a row that are to be kept
  while (written_ < whole) {
    Owed& next = owed_[written_];
    if (retains() && end + next.size > sent_) break;
    if (next.at != at) {
      record();
      at = next.at;
      count = 0;
    }
    count += next.client != nullptr;
    next.waited_us = static_cast<uint32_t>(std::chrono::duration_cast<microseconds>(now - next.at).count());
    ++written_;
    if (!retains()) continue;
    end += next.size;
    if (mayBeSentAgain(next) || (keeps_all && !next.cut)) continue;
    kept_.append(buffers, bytes.substr(begin, end - next.size - begin));
    begin = end;
    next.size = 0;
  }
  record();
  if (retains()) {
    kept_.append(buffers, bytes.substr(begin, end - begin));
    requests_.consume(buffers, end);
    sent_ -= end;
  }
  if (const Duration limit = cache_.commandTimeout(); limit > Duration::zero())
    cache_.worker().loop().deadlines().armBy(*this, now + limit);  // due() looks closer
}

void Server::popFront() {
  const Owed& front = owed_.front();
  net::BufferPool& buffers = cache_.worker().loop().buffers();
  if (!retains()) {
    if (written_ > 0) --written_;
  } else if (written_ > 0) {
    --written_;
    kept_.consume(buffers, front.size);
  } else {
    requests_.consume(buffers, front.size);
    sent_ -= std::min<size_t>(sent_, front.size);
  }
  owed_.popFront();
}

void Server::watch() {
  if (!socket_.valid()) return;
  const bool more = state_ == State::kGreeting ? greeting_ && !greeting_->unsent.empty()
                                               : state_ == State::kReady && unsent() > 0;
  socket_.want(!paused_, more);
  if (paused_ || !socket_.hasPending()) return;
  cache_.worker().loop().defer([&cache = cache_, id = id_] {
    if (Server* server = cache.findServer(id); server != nullptr && !server->paused_) server->onReadable();
  });
}

void Server::onWritable() {
  if (state_ == State::kClosed) return;
  if (state_ == State::kGreeting) {
    const net::IoResult sent = socket_.write(greeting_->unsent);
    if (sent.status == net::IoStatus::kOk) greeting_->unsent.erase(0, sent.bytes);
    return watch();
  }
  const bool was_full = full();
  flush();
  if (state_ == State::kReady && (was_full || was_full_)) afterReplies();
}

void Server::onReadable() {
  if (state_ != State::kReady && state_ != State::kGreeting) return;
  net::Loop& loop = cache_.worker().loop();
  const size_t held = held_.size();
  if (held > 0) std::memcpy(loop.scratch(), held_.bytes().data(), held);
  const net::IoResult got = socket_.read(loop.scratch() + held, net::Loop::kScratchSize - held);
  switch (got.status) {
    case net::IoStatus::kWantRead:
    case net::IoStatus::kWantWrite: return;
    case net::IoStatus::kClosed: return connectionLost("Redis closed the connection");
    case net::IoStatus::kError:
      return connectionLost(got.error != 0 ? std::strerror(got.error) : "TLS failed");
    case net::IoStatus::kOk: break;
  }
  cache_.counters().bytes_received.add(got.bytes);
  held_.clear(loop.buffers());
  if (!process(Bytes(loop.scratch(), held + got.bytes))) return;
  afterReplies();
  if (state_ != State::kClosed) watch();
}

// ---- life

void Server::dial() {
  assert(state_ == State::kResting);
  assert(hasNode());
  net::Loop& loop = cache_.worker().loop();
  state_ = State::kDialling;
  dialling_since_ = loop.now();
  node_ = replica_ ? replica_->name : cache_.nodeName();
  dialer_ = std::make_unique<net::Dialer>(loop, cache_.worker().resolver(), cache_.dialTarget(replica_.get()),
                                          [this](Result<net::Socket> result) { dialled(std::move(result)); });
  armDeadline(loop.now());
  dialer_->start();
}

void Server::dialWhenDue() {
  if (state_ == State::kResting && hasNode() && cache_.worker().loop().now() >= dial_at_) dial();
}

bool Server::hasNode() const { return replica_ != nullptr || cache_.hasNode(); }

// After a failure: whoever waits has until his deadline, and the next try comes after a pause.
void Server::rest(Instant now) {
  state_ = State::kResting;
  dial_at_ = now + cache_.retryPause(failures_++);
  armDeadline(now);
}

void Server::connectionLost(std::string reason) {
  if (state_ == State::kClosed) return;
  if (state_ == State::kGreeting) return refused(std::move(reason));
  if (ended_ && holder_ != nullptr) return holder_->close("it has sent no more, and Redis would wait");
  cache_.counters().server_losses.add();
  if (replica_) return handOver(reason);
  cache_.log("connection lost: " + reason, *this);
  cache_.connectionLost(*this);
  if (kind_ != Kind::kShared || retiring_) return close(reason);
  net::Loop& loop = cache_.worker().loop();
  socket_.close();
  loop.deadlines().disarm(*this);
  const bool refused = std::exchange(refusing_, false);
  settleLost(reason);
  scanner_ = {};
  partial_.clear();
  held_.clear(loop.buffers());
  mid_reply_ = paused_ = false;
  refused_ = 0;
  rest(loop.now());
  if (failures_ == 1 && !refused)
    dial_at_ = loop.now();  // the first try comes at once: it may have been this connection alone
  if (std::exchange(was_full_, false)) cache_.roomAgain();
  if (owed_.empty()) return cache_.serverRested(*this);
  dialWhenDue();
  afterReplies();
}

// What is owed when the connection is lost is sent again over the next one where Redis cannot have executed
// it, or where that changes nothing; the rest becomes errors, in its turn.
void Server::settleLost(std::string_view reason) {
  net::BufferPool& buffers = cache_.worker().loop().buffers();
  const Instant now = cache_.worker().loop().now();
  net::Buffer again;
  Wires wires(*this);
  Ring<Owed> owed = std::move(owed_);
  owed_ = {};
  for (size_t i = 0; i < owed.size(); ++i) {
    Owed next = std::move(owed[i]);
    const Bytes wire = wires.next(next.size);
    const bool begun = i == 0 && mid_reply_;
    if (next.kind == Owed::Kind::kAnswer) {
      next.size = 0;
      owed_.pushBack(std::move(next));
      continue;
    }
    if (begun && next.client != nullptr) next.client->close("its reply was cut off");
    const bool wanted = next.client != nullptr && !next.client->closed();
    const bool script =
        !next.cut && next.client == nullptr && next.command != nullptr &&
        next.command->special == redisproto::Special::kScriptLoad;  // for the EVALSHA behind it
    if (begun || !(wanted || script)) {
      if (next.client != nullptr) next.client->replied(1);
      continue;
    }
    const bool sent = i < written_, cursor = goesOn(next, wire);
    const bool may_go_again =
        next.refused || (!next.cut && next.losses < kMostLosses &&
                         pools::afterLoss(sent, next.command) == pools::Recovery::kSendAgain);
    if (script || (may_go_again && !cursor)) {
      again.append(buffers, wire);
      cache_.counters().sent_again.add(sent);
      // It has its time anew, but not where it is refused: that may go on.
      if (sent && !std::exchange(next.refused, false)) ++next.losses, next.at = now;
      next.waited_us = 0;
    } else if (next.kind == Owed::Kind::kSwallow) {
      next.client->replied(1);
      continue;
    } else {
      cache_.counters().outcome_unknown.add(sent && !cursor);
      next.text = std::make_unique<std::string>();
      redisproto::appendError(*next.text, cursor ? std::string(pools::cursorLostError())
                                          : sent ? outcomeUnknown(reason)
                                                 : notExecuted(reason));
      next.kind = Owed::Kind::kAnswer;
      next.size = 0;
    }
    owed_.pushBack(std::move(next));
  }
  requests_.clear(buffers);
  kept_.clear(buffers);
  if (!again.empty()) requests_.append(buffers, again.bytes());
  again.clear(buffers);
  sent_ = written_ = 0;
  answersInTurn();
}

void Server::close(std::string_view reason) {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  cache_.worker().loop().deadlines().disarm(*this);
  ListNode<InServerList>::unlink();
  net::TurnEnd::unlink();
  if (dialer_) cache_.worker().loop().bury(std::move(dialer_));
  socket_.close();
  if (std::exchange(was_full_, false)) cache_.roomAgain();
  Ring<Owed> owed = std::move(owed_);
  owed_ = {};
  const std::vector<bool> queued = onlyQueued(owed, written_, holder_ != nullptr && holder_->inMulti());
  for (size_t i = 0; i < owed.size(); ++i) {
    Owed next = std::move(owed[i]);
    if (next.client == nullptr) continue;
    if (i == 0 && mid_reply_) next.client->close("its reply was cut off");
    if (next.kind == Owed::Kind::kAnswer) {
      next.client->receive(*next.text, 1);
    } else {
      std::string text;
      const bool unknown =
          pools::outcomeOfLoss(i < written_, next.command, queued[i]) == pools::Outcome::kUnknown;
      cache_.counters().outcome_unknown.add(unknown && next.kind != Owed::Kind::kSwallow);
      redisproto::appendError(text, unknown ? outcomeUnknown(reason) : notExecuted(reason));
      next.client->receive(next.kind == Owed::Kind::kSwallow ? Bytes() : Bytes(text), 1);
    }
  }
  cache_.serverClosed(*this);
}

void Server::retire() {
  retiring_ = true;
  if (idle() && holder_ == nullptr) close("it is not needed any more");
}

}  // namespace forebay::redis
