// Server: one connection to a PostgreSQL server, from dialling to closing.
//
// A Server belongs to the WorkerPool that dialled or adopted it and is lent to one Borrower at a time. It
// matches every reply with what was sent (pools::ReplyTracker), so it knows when it owes nothing and may be
// lent again. When a borrower leaves it in the middle of something it cleans up on its own: cancel, drain,
// ROLLBACK, reset; and closes when that takes too long. All calls are on the worker's thread; a Server moves
// to another worker as a Server::Moved.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/deadlines.h"
#include "base/intrusive_list.h"
#include "conf/config.h"
#include "gateway/net/outbox.h"
#include "gateway/net/socket.h"
#include "gateway/postgres/borrower.h"
#include "pgproto/frame.h"
#include "pools/pool.h"
#include "pools/prepared_set.h"
#include "pools/reply_tracker.h"

namespace forebay::postgres {

class ServerLogin;
class WorkerPool;
struct DialFailure;

struct InServerList;

class Server final : public net::Mortal,
                     public net::SocketUser,
                     public Deadline,
                     public pools::PooledServer,
                     public ListNode<InServerList> {
 public:
  // A query that was left behind outside a transaction may finish for so long before it is cancelled ...
  static constexpr seconds kCancelAfter{5};
  // ... and the server has so long to come clean before it is closed.
  static constexpr seconds kCleaningLimit{10};

  enum class State : uint8_t {
    kLogin,      // login_ dials and logs in
    kIdle,       // in the pool, free for the next borrower
    kPreparing,  // lent, but first checked and given the borrower's parameters
    kLent,       // the borrower talks to it
    kCleaning,   // given back in the middle of something: drained, rolled back, reset
    kCanceling,  // clean, but a cancel that was sent for its last borrower may still hit: waits for its end
    kClosed,     // waits to be buried
  };

  // What a connection takes along to another worker.
  struct Moved {
    net::Socket::Released socket;
    uint64_t id = 0;
    pools::PreparedSet prepared;
    pools::ReplyTracker tracker;
    std::vector<pools::Parameter> parameters, base_parameters;
    uint32_t backend_pid = 0;
    std::string backend_secret;
    conf::HostPort host;
    Instant connected_at{};
    WallTime connected_wall{};
    uint64_t transactions = 0, reconnects = 0;
    uint64_t replayed = 0;
  };

  Server(WorkerPool& pool, uint64_t id);
  Server(WorkerPool& pool, Moved moved);
  ~Server() override;

  // SQL that tells how far a primary has written: an expression, and a query of its own, whose DataRow
  // lsnIn() reads.
  static const std::string kWrittenExpression, kWrittenQuery;
  static std::optional<uint64_t> lsnIn(Bytes row);

  // Starts dialling. Its outcome reaches the pool: dialled() or dialFailed().
  void dial();

  // Told by the login.
  struct LoggedIn {
    uint32_t backend_pid = 0;
    std::string backend_secret;
    std::vector<pools::Parameter> reported;
    conf::HostPort host;
  };
  void loggedIn(LoggedIn result);
  void loginFailed(const DialFailure& failure);
  // It was adopted: its idle time and its age are limited here, too.
  void watchOver() { attemptStarted(); }
  // An attempt to log in begins: server_connect_timeout counts from here.
  void attemptStarted();
  // The login's connection.
  void useSocket(net::Socket socket);
  void closeSocket() { socket_.close(); }
  net::Socket& socket() { return socket_; }

  // Lends the server: checks it and sets `borrower`'s parameters if need be, then calls borrower.lent().
  [[gnu::hot]] void lendTo(Borrower& borrower, bool check);
  // Sets the parameters of the borrower that has it anew, then calls its lent() again.
  void restoreParameters();
  // The borrower's messages. `gather` may be sent in parts; what the socket refuses is kept.
  [[gnu::hot]] void send(std::span<const Bytes> runs);
  void send(Bytes bytes) { send(std::span<const Bytes>(&bytes, 1)); }
  bool full() const { return out_.full(); }
  bool relaxed() const { return out_.relaxed(); }
  // The borrower lets go. A server that is not idle() is cleaned first; `broken_message`: the borrower left
  // in the middle of a message, which nothing can mend; `reset`: its session state is to be cleared
  // (server_reset_query).
  // Who wants to know the server's position in the WAL, as it is when it is given back: that client, if it is
  // still there, and how often it has asked by now.
  struct PositionFor {
    uint32_t slot = 0;
    uint64_t client = 0;
    uint32_t ask = 0;  // 0: nobody
  };
  struct GiveBack {
    bool reset = false;
    bool cancel = false;  // what still runs is of no use to anybody
    bool unused = false;  // nothing was asked of it
    bool broken_message = false;
    PositionFor position_for{};
  };
  [[gnu::hot]] void giveBack(GiveBack how);
  // The borrower cannot take more bytes for now, or can again.
  void pauseReading();
  void resumeReading();

  // Closes now; the borrower, if any, is told with `response`.
  [[gnu::cold]] void close(std::string_view reason, Bytes response = {});
  // Closes when next free.
  void closeWhenFree();
  bool closeNeeded() const { return close_reason_ != nullptr; }
  // It was asked to close, or RECONNECT came while it was on its way to its pool.
  bool outdated() const;

  // Ready to travel: only an idle server is.
  Moved moveOut();

  // A CancelRequest for its running query was sent off, or has come to its end. Not lent in between, and
  // never again when it may still hit.
  void cancelStarted() { ++cancels_; }
  void cancelEnded(bool may_still_hit = false);

  State state() const { return state_; }
  pools::ReplyTracker& tracker() { return tracker_; }
  pools::PreparedSet& prepared() { return prepared_; }
  Borrower* borrower() const { return borrower_; }
  WorkerPool& pool() const { return pool_; }
  uint64_t id() const { return id_; }
  uint32_t backendPid() const { return backend_pid_; }
  const std::string& backendSecret() const { return backend_secret_; }
  const conf::HostPort& host() const { return host_; }
  const net::Socket& socket() const { return socket_; }
  // Has a message been passed on in part?
  bool midMessage() const { return body_left_ > 0; }
  bool beingCanceled() const { return cancels_ > 0; }
  WallTime connectedWall() const { return connected_wall_; }
  Instant connectedAt() const { return connected_at_; }
  size_t keptBytes() const { return in_.size() + out_.size(); }
  // Is the parameter one that the server reports?
  bool reports(Bytes name) const;

  // Counted by the pool among those that will serve a waiter soon.
  bool dialling = true;
  // Whose unnamed statement the server holds; 0: nobody's that counts.
  uint64_t unnamed_owner = 0;

  [[gnu::hot]] void onReadable() override;
  void onWritable() override;

 protected:
  void due(Instant now) override;

 private:
  // What our own SQL on this connection is for.
  enum class Purpose : uint8_t {
    kNone,
    kConnectQuery,
    kCheck,
    kReplayed,  // a replica's position
    kParameters,
    kRollback,
    kReset,
    kPosition,  // a primary's
    kMarker,
  };

  [[gnu::hot]] void enter(State next);
  [[gnu::hot]] void armDeadline(Instant now);
  void adoptReported(std::vector<pools::Parameter> reported);
  void watch() { socket_.want(!reading_paused_, !out_.empty()); }

  // server_position.cc
  void checkReplayed();
  void replayedTold();
  Duration patience() const;
  bool lateToTell(Instant now) const;
  void notCaughtUp();
  void askPosition();
  void positionKnown();
  [[gnu::hot]] void switchParameters();
  [[gnu::hot]] void lendNow();
  void preparationFailed();
  [[gnu::cold]] void runOwn(Purpose purpose, Bytes sql);
  [[gnu::cold]] void ownFinished();
  [[gnu::cold]] void clean();
  [[gnu::hot]] void cleaned();
  void resetDone();
  void cancelOwn();
  [[gnu::cold]] void retire(Instant now);
  [[gnu::cold]] void lost(std::string_view reason);

  // The walk over the messages of one read (server_replies.cc).
  struct Walk {
    Bytes in;
    size_t at = 0;   // the message being looked at
    size_t run = 0;  // [run, at) is to be passed on
    bool idle = false;
  };
  [[gnu::hot]] size_t replies(Bytes in);
  [[gnu::hot]] bool reply(Walk& walk, const pgproto::Header& header, Bytes message);
  [[gnu::hot]] void passOn(Walk& walk);
  [[gnu::cold]] void skip(Walk& walk, Bytes message);
  [[gnu::cold]] bool parameterStatus(Bytes body, bool swallow);
  [[gnu::cold]] void errorReply(Bytes body, bool swallow);
  [[gnu::cold]] bool farewell(Walk& walk, Bytes body, Bytes message);
  [[gnu::hot]] void readyForQuery(Walk& walk, Bytes message);

  WorkerPool& pool_;
  const uint64_t id_;
  State state_ = State::kLogin;
  Purpose purpose_ = Purpose::kNone;
  bool own_failed_ = false;
  bool reading_paused_ = false;
  bool fatal_seen_ = false;  // the server has said why it goes
  bool swallow_body_ = false;
  bool reset_wanted_ = false;
  bool cancel_sent_ = false;
  bool dropping_ = false;      // up to the next ReadyForQuery: it will be asked of another server
  bool waits_to_ask_ = false;  // whether the replica has caught up
  uint32_t cancels_ = 0;
  uint32_t lends_ = 0;
  const char* close_reason_ = nullptr;
  uint64_t body_left_ = 0;  // of a message that streams through
  Borrower* borrower_ = nullptr;
  std::unique_ptr<ServerLogin> login_;
  net::Socket socket_;
  net::Buffer in_;
  net::Outbox out_;
  pools::ReplyTracker tracker_;
  pools::PreparedSet prepared_;
  pools::ParametersRef switching_to_;     // what our SET under way leads to
  pools::ParametersRef base_parameters_;  // what the session has when nothing is SET
  std::string own_error_;                 // the body of the ErrorResponse
  std::string fatal_reason_;              // the server's last words
  PositionFor position_for_;
  std::optional<uint64_t> own_lsn_;  // the answer to our own question
  std::string farewell_;             // the error in which it said them, after the last answer that it owed
  uint32_t backend_pid_ = 0;
  std::string backend_secret_;
  conf::HostPort host_;
  Instant connected_at_{}, state_since_{};
  WallTime connected_wall_{};
  uint64_t transactions_ = 0, reconnects_ = 0;
  uint64_t replayed_ = 0;  // by a replica, at least: its position grows for as long as the connection stands
};

}  // namespace forebay::postgres
