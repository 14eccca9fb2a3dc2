// Server: one connection to Redis, from dialling to closing, with the requests that it owes replies for.
//
// Replies come in the order of the requests, so a queue of Owed says whose each one is; what they hold is not
// looked at, only their end is found, and runs of bytes go straight to the clients' sockets. Requests are
// gathered during a turn of the loop and leave in one send. A shared server keeps what may have to be sent
// again until its reply has come: when the connection is lost, requests that Redis cannot have executed, and
// reads, go over the next one; all others are answered with an error that says so (pools/in_flight.h).
//
// A shared server serves any number of clients at a time and is dialled again when it is lost. A leased one
// serves one client at a time and dies with its connection; a subscriber carries Pub/Sub for all clients of a
// worker. On the worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/deadlines.h"
#include "base/intrusive_list.h"
#include "base/ring.h"
#include "gateway/net/buffer.h"
#include "gateway/net/dialer.h"
#include "gateway/net/loop.h"
#include "gateway/net/socket.h"
#include "pools/script_cache.h"
#include "redisproto/builder.h"
#include "redisproto/command.h"
#include "redisproto/reply.h"

namespace forebay::redis {

class Client;
class RedisWorker;
class WorkerCache;
struct InServerList;
struct Replica;

// A request that is not answered yet.
struct Owed {
  enum class Kind : uint8_t {
    kForward,  // the reply is the client's
    kSwallow,  // the reply goes nowhere: the client wants none, or the request was ours
    kCollect,  // Client::collected() gets the whole reply
    kAnswer,   // nothing was sent: `text` is the reply, in its turn
    kOwn,      // WorkerCache::answered() gets the whole reply
  };
  Client* client = nullptr;  // null: nobody waits for it any more, or nobody ever did
  const redisproto::Command* command = nullptr;
  std::unique_ptr<std::string> text;
  Instant at{};            // when it was put in
  uint32_t size = 0;       // of the request: its bytes in requests_, or in kept_ once it is written
  uint32_t waited_us = 0;  // before it was written
  Kind kind = Kind::kForward;
  uint8_t losses = 0;    // of the connections that it was sent on
  bool again = false;    // its script had to be loaded first
  bool cut = false;      // its bytes are not kept whole: it is not sent again
  bool refused = false;  // Redis has not executed it, or it changes nothing: it is sent again
};

class Server final : public net::Mortal,
                     public net::SocketUser,
                     public Deadline,
                     public net::TurnEnd,
                     public ListNode<InServerList> {
 public:
  enum class Kind : uint8_t { kShared, kLeased, kSubscriber };
  enum class State : uint8_t {
    kResting,   // not connected; dialled when something is put in, or when the pause after a failure is over
    kDialling,  // the connection is under way
    kGreeting,  // HELLO, AUTH, SELECT are under way
    kReady,
    kClosed,  // waits to be buried
  };
  // More than this in the request buffer, and clients wait until half of it is gone.
  static constexpr size_t kHighWater = size_t{512} * 1024;

  // `replica`: whose it is; null: it goes to the primary.
  Server(WorkerCache& cache, Kind kind, redisproto::Resp resp, uint32_t database,
         std::shared_ptr<Replica> replica = {});
  ~Server() override;

  void dial();
  void dialWhenDue();  // unless it is connected, or was tried just now

  // Puts a request at the end of the queue. A leased server keeps no bytes once they are sent.
  [[gnu::hot]] void put(Client* client, const redisproto::Command* command, Owed::Kind kind, Bytes wire);
  // More bytes of the request that was put in last.
  void putMore(Bytes wire);
  // The client has put in all that it had.
  void batchEnds();
  // An answer that needs no server, in the client's order.
  void putAnswer(Client& client, std::string text);

  // ---- of a leased one
  Client* holder() const { return holder_; }
  void setHolder(Client* client) { holder_ = client; }
  // Nothing more is put in, and Redis is told so once all is sent (FIN): it answers what it can at once, and
  // then closes, whether something waits there or not. So does the holder.
  void endRequests();
  bool requestsEnded() const { return ended_; }
  // The holder's socket takes no more, or takes bytes again.
  void pauseReading() { paused_ = true, watch(); }
  void resumeReading() { paused_ = false, watch(); }

  [[gnu::cold]] void close(std::string_view reason);
  // Another node is primary, or none: what was said to the old one is settled, and what waits goes to the
  // next.
  [[gnu::cold]] void nodeChanged(const std::string& reason);
  // ---- of one to a replica
  Replica* replica() const { return replica_.get(); }
  // How many questions had been asked when it was ready: who answers a later one is the process at its other
  // end.
  uint64_t questionsBefore() const { return questions_before_; }
  // It is of no use any more: what it owes is asked for elsewhere.
  [[gnu::cold]] void handOver(std::string_view reason);

  // Closes when nothing is owed any more and nobody holds it; nothing more is put in.
  void retire();

  State state() const { return state_; }
  bool retiring() const { return retiring_; }
  Kind kind() const { return kind_; }
  redisproto::Resp resp() const { return resp_; }
  uint32_t database() const { return database_; }
  void setDatabase(uint32_t database) { database_ = database; }
  // WorkerCache::roomAgain() is called once half of it is free.
  void tellWhenRoom(Instant now) {
    if (!std::exchange(was_full_, true)) full_since_ = now;
  }
  Instant fullSince() const { return was_full_ ? full_since_ : kNever; }
  std::string noRoomError() const;  // for a request that finds it full for too long
  // Once somebody waits for room, until half of it is free: or who comes later would take it all the time.
  bool full() const { return was_full_ || unsent() > kHighWater || owed_.size() > kMaxOwed; }
  bool idle() const { return owed_.empty() && requests_.empty(); }
  bool allSent() const { return unsent() == 0; }
  size_t owed() const { return owed_.size(); }
  // Nobody but this client has anything on it, and nobody new is sent here: it may wait for that client.
  bool waitsFor(const Client& client) const;
  void moveOthers();  // from behind the large reply to where they need not wait
  uint64_t id() const { return id_; }
  int64_t backendId() const { return backend_id_; }      // its CLIENT ID there; 0: unknown
  const std::string& nodeName() const { return node_; }  // that it was dialled to last; empty: none yet
  const net::Socket& socket() const { return socket_; }
  WallTime connectedWall() const { return connected_wall_; }
  Instant idleSince() const { return idle_since_; }
  // Of the request that has waited longest for this connection; kNever: none waits.
  Instant waitingSince() const { return state_ == State::kReady || owed_.empty() ? kNever : owed_[0].at; }
  void setIdleSince(Instant at) { idle_since_ = at; }
  size_t keptBytes() const { return requests_.size() + kept_.size() + partial_.size(); }
  uint64_t epoch() const { return epoch_; }
  // Scripts that Redis has by the time it looks at what is put in now. Another connection may be ahead of
  // this one.
  pools::LoadedScripts& loaded() { return loaded_; }

  // ---- SocketUser
  [[gnu::hot]] void onReadable() override;
  void onWritable() override;

 protected:
  void due(Instant now) override;
  [[gnu::hot]] void turnEnds() override {
    flush();
    if (was_full_) afterReplies();
  }

 private:
  static constexpr size_t kMaxOwed = 65536;
  // A request of this size is not gathered with others.
  static constexpr size_t kSentAtOnce = size_t{16} * 1024;
  // So much is not gathered any longer: it would not stay in the caches. A client's batch is not cut in two
  // before it is four times as long, since its replies would come, and wake the client, twice.
  static constexpr size_t kGathered = size_t{8} * 1024;
  static constexpr size_t kMostGathered = size_t{32} * 1024;
  // A shorter reply leaves in one piece though it came in two: that saves its client a wake-up.
  static constexpr size_t kHeldReply = size_t{32} * 1024;

  // What is said on a new connection before anything else, and in which order; one reply each.
  enum class Step : uint8_t { kHello, kAuth, kName, kClientId, kSelect };
  struct Greeting {
    std::string unsent;
    std::vector<Step> steps;
    size_t at = 0;     // the reply that comes next
    size_t stale = 0;  // replies to an earlier try that come before it
  };

  // The bytes of one request after the other, of a shared connection.
  class Wires {
   public:
    explicit Wires(const Server& server)
        : kept_(server.kept_.bytes()), unsent_(server.requests_.bytes()), written_(server.written_) {}
    Bytes next(size_t size) {
      Bytes& from = written_ > 0 ? kept_ : unsent_;
      if (written_ > 0) --written_;
      const Bytes wire = from.substr(0, size);
      from.remove_prefix(wire.size());
      return wire;
    }

   private:
    Bytes kept_, unsent_;
    size_t written_;
  };

  // server.cc
  bool retains() const { return kind_ == Kind::kShared; }
  bool keepsAll() const;  // also what may not be done twice: the node may refuse it before it does it
  size_t unsent() const { return requests_.size() - sent_; }
  [[gnu::hot]] void flush();
  [[gnu::hot]] void noteWritten(Instant now);
  void watch();
  void popFront();
  std::string place() const;
  bool hasNode() const;
  std::string outcomeUnknown(std::string_view reason) const;
  std::string notExecuted(std::string_view reason) const;
  bool goesOn(const Owed& owed, Bytes wire) const;
  void rest(Instant now);
  void putLarge(Bytes wire);
  Bytes sendAtOnce(Bytes wire);
  void connectionLost(std::string reason);
  void settleLost(std::string_view reason);

  // server_refusals.cc, with nodeChanged()
  [[gnu::cold]] bool isRefusal(Bytes error);
  [[gnu::cold]] bool beginRefused(Bytes error);
  [[gnu::cold]] bool takeRefused(Bytes piece, bool end);
  [[gnu::cold]] bool refuseHolder(Bytes error);
  void noteRefused(Owed& owed, std::string reply);

  // server_replica.cc
  static bool refusesReads(Bytes error);
  void askElsewhere(Owed& owed, Bytes wire);

  // server_greeting.cc
  void dialled(Result<net::Socket> result);
  void greet();
  bool greetingAnswered(Bytes value);
  void ready();
  void refused(std::string reason);

  // server_deadlines.cc
  void armDeadline(Instant now);
  Instant answerBy(size_t i) const;
  Instant firstAnswerBy() const;
  bool answersLate(size_t i) const;
  void expire(Instant now);
  void expireWaiting(Instant now);
  void expireSent(Instant now);
  void giveText(Owed& owed, std::string_view error);

  // server_replies.cc
  struct Run;
  [[gnu::hot]] bool process(Bytes in);
  [[gnu::cold]] bool takeApart(Bytes piece, bool end);
  [[gnu::cold]] bool takeWhole(Bytes piece, bool end);
  [[gnu::cold]] bool unasked(Bytes piece, bool end);
  [[gnu::hot]] void count(const Owed& owed, Instant now);
  [[gnu::hot]] void countFound();
  [[gnu::hot]] void recordRun(Instant now);
  enum class ErrorTaken : uint8_t {
    kForClient,  // it goes on to the client, as it is
    kTaken,      // the client is answered in another way, or later
    kGivenUp,    // so was the connection
  };
  [[gnu::cold]] bool concernsUs(Bytes error);
  [[gnu::cold]] ErrorTaken takeError(Bytes error);
  [[gnu::cold]] bool runScriptAgain();
  [[gnu::cold]] void finish(Owed owed, Bytes reply);
  void answersInTurn();
  [[gnu::cold]] void largeReply(Instant now);
  void afterReplies();

  WorkerCache& cache_;
  const std::shared_ptr<Replica> replica_;
  net::Socket socket_;
  net::Buffer requests_;  // not written yet; of a shared one also the request that is written in part
  size_t sent_ = 0;       // bytes at the front of requests_ that are written
  net::Buffer kept_;      // of a shared one: those that are written, and may have to be sent again
  Ring<Owed> owed_;
  size_t written_ = 0;  // of owed_: those in front, whose requests are written
  size_t refused_ = 0;  // while refusing_: those in front, whose replies have come
  redisproto::ReplyScanner scanner_;
  net::Buffer held_;     // the beginning of a short reply, which goes on whole
  std::string partial_;  // the beginning of a value that must be whole
  pools::LoadedScripts loaded_;
  Client* holder_ = nullptr;
  const uint64_t id_;
  uint64_t epoch_ = 0;
  uint64_t questions_before_ = UINT64_MAX;
  std::string node_;  // that it was dialled to last
  const Kind kind_;
  const redisproto::Resp resp_;
  State state_ = State::kResting;
  bool paused_ = false, retiring_ = false, mid_reply_ = false, was_full_ = false, ended_ = false;
  bool refusing_ =
      false;            // the node is no primary: what comes is sorted, and all goes to the next connection
  bool stuck_ = false;  // the socket has not taken all when it was last asked
  bool detoured_ = false;  // a large reply is or was on its way: nobody new is sent here until all have come
  uint32_t database_;
  std::unique_ptr<Greeting> greeting_;
  int64_t backend_id_ = 0;
  unsigned failures_ = 0;
  Instant dial_at_{}, dialling_since_{}, idle_since_{}, wrote_at_{}, full_since_{};
  WallTime connected_wall_{};
  std::unique_ptr<net::Dialer> dialer_;
  // Replies of one kind in a row are recorded as one.
  struct {
    redisproto::Group group = redisproto::Group::kOther;
    Instant at{};
    uint64_t count = 0;
  } run_;
};

// Its client says how long it may take, or what it does has no end.
bool bringsItsOwnTime(const redisproto::Command* command);

}  // namespace forebay::redis
