// Client: one client's session with a cache, from accept to close.
//
// Most requests ride on a connection that it shares with others; what needs a connection of its own (MULTI,
// blocking commands, tracking, a request of many megabytes) gets a leased one for as long as that lasts; what
// it subscribes to comes over the worker's subscriber. It never has requests outstanding on two connections,
// so its own order holds: before it moves, every reply owed to it has come. Between requests it has neither a
// connection nor a buffer. All calls are on the worker's thread. A closed client whose replies are still on
// their way lives on, unseen, until the last of them has come.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/deadlines.h"
#include "base/intrusive_list.h"
#include "gateway/admin/redis_rows.h"
#include "gateway/net/outbox.h"
#include "gateway/net/peer_address.h"
#include "gateway/net/socket.h"
#include "gateway/redis/reader.h"
#include "gateway/redis/users.h"
#include "pools/subscriptions.h"
#include "redisproto/acl.h"
#include "redisproto/builder.h"
#include "redisproto/command.h"
#include "redisproto/request.h"

namespace forebay::redis {

class RedisWorker;
class Server;
class WorkerCache;
struct InWorkerClients;
struct InCacheClients;
struct InWaitQueue;
struct InResumeList;

class Client final : public net::Mortal,
                     public net::SocketUser,
                     public Deadline,
                     public pools::Subscriber,
                     public ListNode<InWorkerClients>,
                     public ListNode<InCacheClients>,
                     public ListNode<InWaitQueue>,
                     public ListNode<InResumeList> {
 public:
  // Why no more of its requests are taken just now.
  enum class Hold : uint8_t {
    kNone,
    kDrain,    // the next request goes another way: all replies must have come
    kRoom,     // the connection is full
    kTooMany,  // it has too many requests outstanding, or does not read
    kLease,    // waits for a connection of its own
    kReplica,  // waits for a replica to have what it has written
    kConfirm,  // waits for a subscription
    kAsk,      // other workers are asked
  };

  Client(RedisWorker& worker, WorkerCache& cache, int fd, const net::PeerAddress& peer);
  ~Client() override;

  // ---- told by servers
  // A run of whole replies, `replies` of them new; `cut`: the last one goes on in the next run.
  [[gnu::hot]] void receive(Bytes run, uint32_t replies, bool cut = false);
  void replied(uint32_t replies);
  void collected(const redisproto::Command* command,
                 Bytes reply);  // the whole one, that is not as it should be

  // ---- told by the cache
  void leased(Server& server);
  void leaseFailed(const std::string& error);
  void leaseLost();
  [[gnu::hot]] void resume();  // what was held back may go on

  // ---- told by Pub/Sub. `head` and `rest`: one whole push.
  [[gnu::hot]] void pushed(Bytes head, Bytes rest);
  void confirmed(pools::SubscriptionKind kind, Bytes name, uint32_t times);
  void refused(pools::SubscriptionKind kind, Bytes name, uint32_t times, Bytes error);

  // Its rights may have changed. Null: there is no such user any more.
  void rightsChanged(UserPtr user, const redisproto::Acl* acl);

  [[gnu::cold]] void close(std::string_view reason);
  void closeWhenIdle();  // as soon as nothing is owed to it and it is in no transaction

  // ---- SocketUser
  [[gnu::hot]] void onReadable() override;
  void onWritable() override;

  bool closed() const { return closed_; }
  bool valid() const { return socket_.valid(); }
  redisproto::Resp resp() const { return resp_; }
  uint32_t database() const { return database_; }
  uint64_t id() const { return id_; }
  WorkerCache& cache() { return cache_; }
  Server* server() const { return server_; }
  bool hasLease() const { return leased_; }
  bool inMulti() const { return in_multi_; }
  bool takesUnasked() const { return monitors_; }
  bool onSlow() const { return on_slow_; }
  // All that it waits for comes from there now.
  void moved(Server& server);
  Reader& reader() { return reader_; }
  // From now on replicas take reads; before that nobody noted what it writes.
  void replicasMayServe();
  bool streams() const { return streaming_; }  // a large request goes through as it comes
  const net::PeerAddress& peer() const { return peer_; }
  std::string localAddress() const;  // that it has reached us by
  const net::Socket& socket() const { return socket_; }
  const UserPtr& user() const { return user_; }
  Instant waitingSince() const { return waiting_since_; }
  void setWaitingSince(Instant at) { waiting_since_ = at; }
  // Kept for it: what it does not read, and what it has sent and nobody could take yet.
  size_t held() const { return out_.size() + in_.size() + (extra_ ? extra_->pushes.size() : 0); }
  uint32_t outstanding() const { return outstanding_; }
  Hold hold() const { return hold_; }
  bool noEvict() const { return no_evict_; }
  WallTime connectedWall() const { return connected_wall_; }
  std::string infoLine(Instant now) const;  // as CLIENT LIST has it
  admin::RedisClientState shownState() const;
  admin::RedisClientRow row(Instant now) const;
  std::string_view name() const;
  std::string_view lastCommand() const {
    return last_command_ != nullptr ? std::string_view(last_command_->name) : "NULL";
  }

 protected:
  void due(Instant now) override;

 private:
  using Request = redisproto::Request;
  using Command = redisproto::Command;
  // What came of a request.
  enum class Step : uint8_t {
    kTaken,
    kWait,    // held back: it is looked at again when resume() is called
    kClosed,  // the client is gone, or takes leave
  };
  enum class ReplyMode : uint8_t { kOn, kOff, kSkip };  // kSkip: the next reply, and no more

  // What few clients have.
  struct Subscribing {  // the SUBSCRIBE under way
    pools::SubscriptionKind kind{};
    std::vector<std::string> replies;  // in the order of its names; empty: there is none
    std::unordered_multimap<std::string, size_t> unconfirmed;  // names, and where their replies stand
  };
  struct Extra {
    std::string name, lib_name, lib_version;
    Subscribing subscribing;
    int64_t redirect_to = 0;  // the backend's id of the client to redirect to; -1: there is none
    int64_t redirected = 0;   // the gateway's id of the client that it redirects to
    std::string lease_error;  // why it could not have a connection of its own
    std::string pushes;       // that came in the middle of a reply, or before a confirmation
    std::string listed;       // CLIENT LIST's lines, while Redis is asked who of them waits
    std::unique_ptr<redisproto::RequestTail> tail;  // of the large request that goes through
    uint32_t multi_database = UINT32_MAX;           // selected in the transaction
    Instant scan_begun = kNever;                    // when it asked for the cursor that it goes on with
    bool killed = false;                            // by itself: it is told so, and goes
    bool exec_is_quiet = false;                     // its reply is not wanted
    bool multi_refused = false;                     // no connection was to be had for it
  };

  // client.cc
  [[gnu::hot]] void takeHeld();
  [[gnu::hot]] void watch();
  [[gnu::hot]] void send(std::span<const Bytes> runs);
  [[gnu::cold]] void sendSlowly();
  void readServerOn();
  void ended();
  bool isDone() const;
  void logEvent(std::string_view event) const;
  void armDeadline(Instant now);
  Step noRoom(Server& server);
  Duration waitLimit() const;
  [[gnu::hot]] void drained();
  [[gnu::cold]] bool beginTls();
  [[gnu::cold]] bool handshake();
  void flushPushes();
  Extra& extra();
  std::string_view userName() const { return user_ ? std::string_view(user_->name) : "(none)"; }

  // client_requests.cc
  [[gnu::hot]] size_t consume(Bytes in);
  [[gnu::hot]] Step take(const Request& request, Bytes wire);
  [[gnu::hot]] Step forward(const Command* command, const Request& request, Bytes wire);
  [[gnu::hot]] Step onShared(const Command& command, const Request& request, Bytes wire,
                             bool collect = false);
  [[gnu::hot]] Step put(Server& server, const Command* command, Bytes wire, bool collect = false);
  [[gnu::cold]] Step onLease(const Command* command, const Request& request, Bytes wire,
                             bool collect = false);
  [[gnu::cold]] bool takeLease();
  [[gnu::cold]] Step special(const Command& command, const Request& request, Bytes wire);
  bool needsLease(const Command* command, const Request& request) const;
  [[gnu::cold]] size_t takeLarge(Bytes in, Request& partial);
  size_t streamMore(Bytes in);
  [[gnu::cold]] Step wait(Hold why);
  Step answer(std::string text);
  Step answerError(std::string_view text);
  [[gnu::cold]] Step refuse(std::string_view text);
  Step wrongArity(std::string_view name);
  [[gnu::cold]] void protocolError(std::string_view text);
  bool replyWanted();

  // client_reads.cc
  std::optional<Step> chooseNode(const Command& command, bool slow);
  std::optional<Step> chooseReplica(bool slow);
  void noteChange(const Command* command);
  void writesAcknowledged();
  bool readsFromReplica() const;

  // client_session.cc
  Step hello(const Request& request);
  [[gnu::cold]] Step askNode();
  Step auth(const Request& request);
  bool logIn(Bytes user, Bytes password);
  Step reset();
  Step quit();
  Step select(const Command& command, const Request& request, Bytes wire);
  void selected(uint32_t database);
  Step ownConnection(const Command& command, const Request& request, Bytes wire);
  std::string denied(const Command& command, const Request& request);
  std::string helloReply() const;
  void forgetSession();

  // client_transactions.cc
  Step transaction(const Command& command, const Request& request, Bytes wire);
  void transactionWent(redisproto::Special what, bool takes);
  Step execAndSelect(const Command& command, Bytes wire);
  Bytes execReplied(Bytes run, uint32_t replies);
  Step failWatched();
  void spoilTransaction();
  std::string_view whyVoid() const {  // where multi_lost_
    return extra_ && extra_->multi_refused ? "MULTI had failed" : "the connection to Redis was lost";
  }

  // client_scripts.cc
  Step script(const Command& command, const Request& request, Bytes wire);
  Server& serverOf(const Command& command);
  Step evalWith(Bytes body, const Command& command, const Request& request, Bytes wire);

  // client_scan.cc
  Step scan(const Command& command, const Request& request, Bytes wire);

  // client_commands.cc
  Step clientCommand(const Command& command, const Request& request, Bytes wire);
  Step setName(Bytes name);
  Step setInfo(const Request& request);
  Step replyMode(const Request& request);
  Step kill(const Request& request);
  bool killsItself(const std::vector<Bytes>& args) const;
  Step unblock(const Request& request);
  Step info(const Command& command, const Request& request, Bytes wire);
  void ask(std::function<std::string(RedisWorker&)> question,
           std::function<void(Client&, const std::vector<std::string>&)> then);
  Step answerByAll(std::function<std::string(RedisWorker&)> question,
                   std::function<std::string(const std::vector<std::string>&)> conclude);
  void told(std::string reply);
  void killed(uint64_t by);

  // client_list.cc
  Step list(const Request& request);
  void listed(std::string lines);
  void toldOfWaiting(Bytes reply);
  bool mayWaitThere() const;

  // client_tracking.cc
  Step tracking(const Command& command, const Request& request, Bytes wire);
  Step findRedirect(Bytes id);
  std::string withRedirect(Bytes reply) const;

  // client_subscriptions.cc
  Step subscribe(pools::SubscriptionKind kind, const Command& command, const Request& request, Bytes wire);
  Step unsubscribe(pools::SubscriptionKind kind, const Command& command, const Request& request, Bytes wire);
  Step subscribedPing(const Request& request);
  bool mayWhileSubscribed(const Command* command) const;
  void confirmIfAll();
  void unconfirmed(Duration waited);

  bool isIdle() const {
    return outstanding_ == 0 && !leased_ && hold_ == Hold::kNone && in_.empty() && out_.empty();
  }
  bool pinned() const { return in_multi_ || watching_ || tracking_ || monitors_ || streaming_; }
  void leaveLease(bool clean);

  static constexpr uint32_t kMaxOutstanding = 1024;
  static constexpr size_t kMaxHeld = size_t{64} * 1024;   // read while it is held back
  static constexpr size_t kMaxWhole = size_t{256} << 20;  // of a request that must be looked at whole
  static constexpr size_t kMaxScript = size_t{1} << 20;   // a longer one is not kept
  static constexpr uint32_t kDatabasesByDefault = 16;     // until Redis has told
  static constexpr size_t kMaxNames = 100'000;            // that one client may subscribe to

  // What every request touches stands together.
  RedisWorker& worker_;
  WorkerCache& cache_;
  net::Socket socket_;
  net::Buffer in_;
  net::Outbox out_;
  Server* server_ = nullptr;  // where its requests are outstanding, or its leased one
  const redisproto::Acl* acl_ = nullptr;
  const Command* last_command_ = nullptr;
  redisproto::RequestProgress progress_;
  Instant last_at_{};
  const uint64_t id_;
  uint32_t outstanding_ = 0;  // replies owed to it
  uint32_t database_ = 0;
  Hold hold_ = Hold::kNone;
  redisproto::Resp resp_ = redisproto::Resp::k2;
  ReplyMode reply_mode_ = ReplyMode::kOn;
  bool closed_ = false;
  bool logged_in_ = false;
  bool leased_ = false, on_slow_ = false;
  bool in_multi_ = false, watching_ = false, tracking_ = false, monitors_ = false, streaming_ = false;
  bool multi_lost_ = false, watch_lost_ = false;  // its connection was lost in the middle
  bool exec_sent_ = false;                        // whose reply says whether a SELECT counts
  bool mid_reply_ = false, server_paused_ = false;
  bool must_be_whole_ = false;  // the large request that is on its way can not go through as it comes
  bool ended_ = false;          // it sends no more, and is still to be answered
  bool may_block_ = false;      // what it has asked its own connection may never be answered
  bool goodbye_ = false;        // takes no more requests, and closes when everything is sent
  bool close_when_idle_ = false;
  bool no_evict_ = false;
  bool asked_node_ = false;
  bool consuming_ = false, may_be_tls_ = false, handshaking_ = false;
  Reader reader_;
  std::unique_ptr<Extra> extra_;
  UserPtr user_;
  Instant waiting_since_{};
  const Instant connected_at_;
  const WallTime connected_wall_;
  net::PeerAddress peer_;
};

}  // namespace forebay::redis
