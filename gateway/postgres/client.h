// Client: one client's session, from accept to close.
//
// While it logs in a ClientLogin has the word. Afterwards its requests go to a server borrowed from its pool:
// for a transaction, a statement, or as long as it stays, as pool_mode says, and for as long as a pin lasts.
// Between transactions it has neither a server nor a buffer: there are many of them, and an idle one is to
// cost less than a kilobyte. All calls are on the worker's thread. A Client is in its worker's ClientTable
// until it is closed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/deadlines.h"
#include "base/intrusive_list.h"
#include "gateway/net/outbox.h"
#include "gateway/net/peer_address.h"
#include "gateway/net/socket.h"
#include "gateway/postgres/borrower.h"
#include "gateway/postgres/cancel_caller.h"
#include "gateway/postgres/client_statements.h"
#include "gateway/postgres/client_table.h"
#include "gateway/postgres/gather.h"
#include "gateway/postgres/read_session.h"
#include "gateway/postgres/server.h"
#include "pgproto/frame.h"
#include "pgproto/sql.h"
#include "pools/parameters.h"
#include "pools/pins.h"
#include "pools/reply_tracker.h"

namespace forebay::postgres {

class ClientLogin;
class PostgresWorker;
class WorkerPool;

struct InClientList;

class Client final : public net::Mortal,
                     public net::SocketUser,
                     public Deadline,
                     public Borrower,
                     public ListNode<InClientList> {
 public:
  enum class State : uint8_t {
    kLogin,    // login_ has the word
    kIdle,     // has no server and needs none
    kWaiting,  // wants a server
    kActive,   // has one
    kConsole,  // talks to the admin console
    kClosed,   // waits to be buried
  };

  Client(PostgresWorker& worker, int fd, const net::PeerAddress& peer, uint32_t slot);
  ~Client() override;

  // ---- told by its login
  struct LoggedIn {
    WorkerPool* pool = nullptr;  // null: the admin console
    bool admin = false;          // of the console: may do more than look
    bool replication = false;
    uint32_t protocol = 0;
    pools::ParametersRef parameters;
    std::string greeting;  // from AuthenticationOk to ReadyForQuery
    std::string early;     // what the client sent behind its login without waiting for the answer
  };
  void loggedIn(LoggedIn result);
  net::Socket& socket() { return socket_; }
  const net::Socket& socket() const { return socket_; }
  // The login waits for a server to learn what servers of this pool report.
  void awaitWelcome(WorkerPool& pool);

  // Says why and closes. `response`: a whole ErrorResponse, or empty for none.
  [[gnu::cold]] void close(std::string_view reason, Bytes response = {});
  // Closes at the next transaction boundary, now if there is none open.
  [[gnu::cold]] void closeWhenIdle();
  // The gateway is going: the client leaves at its first transaction boundary after `at`.
  void leaveBy(Instant at);
  // Counts it among the clients of its database and user. Not empty: the limit that is reached, in words.
  std::string takeBudgets(WorkerPool& pool, const std::string& user);
  // Takes the effect of a CancelRequest; the caller is told when it has been passed on to PostgreSQL, or at
  // once.
  void cancel(CancelCaller caller);

  // ---- Borrower
  void promised(Server* server) override;
  [[gnu::hot]] void lent(Server& server) override;
  void failed(Bytes response) override;
  [[gnu::hot]] void received(Bytes run) override;
  [[gnu::hot]] void ready(char status, bool idle) override;
  void parameterChanged(Bytes name, Bytes value) override;
  [[gnu::hot]] void commandCompleted(Bytes tag) override;
  void nameConfirmed() override;
  void errorReceived(const pools::ReplyTracker& tracker) override;
  void batchEnded(bool idle) override;
  void serverWritable() override;
  void closeWanted() override;
  void serverLost(Bytes response) override;
  std::string explainLoss(std::string_view reason) const override;
  bool asksAgain(const pgproto::ErrorFields& error) override;
  pools::WalPosition floor() const override;
  void behind() override;
  void heldBack() override;
  const pools::ParametersRef& wantedParameters() const override { return parameters_; }
  uint64_t borrowerId() const override { return id_; }
  bool patient() const override { return state_ != State::kLogin; }

  // The answer to the position that was asked for behind its write, or before its read. No lsn: there is
  // none.
  void positionTold(uint32_t ask, const conf::HostPort& host, std::optional<uint64_t> lsn);

  // ---- SocketUser
  [[gnu::hot]] void onReadable() override;
  void onWritable() override;

  PostgresWorker& worker() const { return worker_; }
  State state() const { return state_; }
  WorkerPool* pool() const { return pool_; }
  // Whom and what it has logged in as and to; empty before. Its pool's user may be another one.
  std::string_view user() const { return user_account_ ? std::string_view(user_account_->name) : ""; }
  std::string_view database() const;
  Server* server() const { return server_; }
  uint64_t id() const { return id_; }
  uint32_t slot() const { return slot_; }
  uint32_t pid() const;
  const net::PeerAddress& peer() const { return peer_; }
  Bytes cancelSecret() const;  // 4 bytes in protocol 3.0, 16 in 3.2
  const pools::Pins& pins() const { return pins_; }
  WallTime pinnedSince() const { return pinned_since_; }
  bool replication() const { return replication_; }
  bool sendsCancel() const;  // it came with a CancelRequest
  size_t keptBytes() const { return in_.size() + out_.size(); }
  uint32_t preparedStatements() const { return statements_ ? static_cast<uint32_t>(statements_->size()) : 0; }
  WallTime connectedWall() const { return connected_wall_; }
  Instant requestAt() const { return request_at_; }

 protected:
  void due(Instant now) override;

 private:
  friend class ClientLogin;

  // What became of one message of the client.
  enum class Step : uint8_t {
    kTaken,     // passed on, or dealt with
    kNeedMore,  // it must be whole, and is not yet
    kWait,      // it needs a server, and there is none yet
    kGoodbye,   // the client leaves
    kMistake,   // the client has broken the protocol, as mistake_ says
    kClosed,    // the client is gone
  };

  // client_requests.cc: what the client sends
  [[gnu::hot]] size_t consume(Bytes in);
  [[gnu::hot]] Step message(const pgproto::Header& header, Bytes there, bool whole, Gather& out);
  [[gnu::hot]] Step query(Bytes body, Bytes message, bool whole, Gather& out);
  Step parse(Bytes body, Bytes message, bool whole, Gather& out);
  [[gnu::hot]] Step bind(const pgproto::Header& header, Bytes there, bool whole, Gather& out);
  [[gnu::hot]] Step describe(Bytes body, Bytes message, Gather& out);
  Step closeTarget(Bytes body, Bytes message, Gather& out);
  Step copyMessage(char type, Bytes there, Gather& out);
  [[gnu::cold]] Step functionCall(Bytes there, Gather& out);
  [[gnu::cold]] Step protocolError(std::string text);
  [[gnu::hot]] bool haveServer();
  [[gnu::hot]] void startRequest();
  [[gnu::cold]] void noteEffects(uint32_t effects, Bytes sql, bool alone);
  [[gnu::hot]] void ensurePrepared(const pools::Statement& statement, Gather& out);
  [[gnu::cold]] void prepareAnew(const pools::Statement& statement, pools::Owed kind, Gather& out);
  bool tracksStatements() const;
  bool mayEndBatch() const;
  [[gnu::cold]] Step endBatch(Gather& out);
  [[gnu::cold]] Step discard(char type, bool whole);
  [[gnu::cold]] bool mustSettle(char type);
  [[gnu::hot]] bool undecided(Bytes statement) const;
  [[gnu::cold]] Step settle();
  [[gnu::cold]] bool renameDeallocate(Bytes sql, std::string& renamed, Gather& out);
  [[gnu::hot]] void rememberUnnamed();
  void unnamedNeeded(Gather& out);
  [[gnu::cold]] Step console(char type, Bytes body, bool whole);

  // client_reads.cc: where what only reads goes
  bool staysHere();
  WorkerPool* lenderAhead();
  Unit unitAhead();
  void judgeParameters();
  bool floorKnown(bool fresh);
  void leaveServer(Server::GiveBack& how);
  void keepNothing();
  void readAtPrimary();
  void askAgain();
  bool mayAskAgain() const;
  void readAgain();
  void forgetUnanswered();
  [[gnu::cold]] std::string boundToReplica();
  static bool asksForToken(Bytes sql);
  std::string tokenQuery() const;
  void takeToken();
  WorkerPool& lender() { return reads_ && reads_->at != nullptr ? *reads_->at : *pool_; }

  // client.cc
  [[gnu::hot]] void enter(State next);
  [[gnu::hot]] void watch();
  [[gnu::hot]] void send(Bytes bytes);
  [[gnu::hot]] void takeHeld();
  [[gnu::hot]] void releaseServer(bool reset = false);
  [[gnu::cold]] void keepServer();
  static std::string serverReplaced();
  [[gnu::cold]] void everythingReset();
  bool mustKeepServer() const;
  void addPins(uint32_t effects);
  bool followSet(Bytes sql);
  [[gnu::cold]] void applyPendingSets(bool committed);
  [[gnu::hot]] void transactionEnded(Instant now);
  [[gnu::cold]] void left(std::string_view why);
  void giveBackBudgets();
  void cancelWaiting();
  // client_limits.cc
  struct Limit {
    const Instant now;
    Instant look_again;  // the next limit that may be reached
    bool reached(Instant since, Duration length);
  };
  void limitLogin(Limit& limit);
  void limitIdling(Limit& limit);
  void limitWaiting(Limit& limit);
  [[gnu::cold]] bool limitQueueing(Limit& limit, Instant since);
  [[gnu::cold]] bool limitHold(Limit& limit);
  void limitWorking(Limit& limit);
  struct TimeLimit {
    std::string_view setting, sqlstate, what, hint;
    Duration length;
  };
  void idleTooLong(Duration spent);
  [[gnu::cold]] void outOfTime(const TimeLimit& limit, Duration spent, Counter& counter);
  [[gnu::hot]] void armDeadline(Instant now);
  void logEvent(std::string_view event) const;
  // For the detail of an error: the pool, and the host of its server or those that it could have one from.
  [[gnu::cold]] std::string place() const;

  // The names in front of a Bind, and the whole of a Describe or Close, are short.
  static constexpr size_t kMaxNamesSize = 8192;
  static constexpr size_t kMaxHeld = 64 * 1024;          // bytes of requests held while there is no server
  static constexpr size_t kMaxWholeQuery = 1024 * 1024;  // a longer Query passes through in parts
  static constexpr size_t kMaxWholeParse =
      16 * 1024 * 1024;  // a longer Parse of a named statement is refused

  // What every query touches stands together.
  PostgresWorker& worker_;
  net::Socket socket_;
  net::Buffer in_;   // requests that wait: for a server, or for the rest of a message
  net::Outbox out_;  // replies that the client does not take
  std::unique_ptr<ClientLogin> login_;
  WorkerPool* pool_ = nullptr;
  Server* server_ = nullptr;
  const uint64_t id_;
  pools::ParametersRef parameters_;
  std::unique_ptr<ClientStatements> statements_;
  std::unique_ptr<ReadSession> reads_;  // where its database splits them
  Bytes ahead_;                         // within one turn: the message at hand and what has come behind it
  Bytes unnamed_parse_;     // within one turn: a Parse of the unnamed statement that nothing has used yet
  uint64_t streaming_ = 0;  // bytes left of a message that passes through in parts
  Instant state_since_{};
  Instant request_at_{};        // the first byte of what is being answered
  Instant transaction_at_{};    // the first byte of the transaction
  uint32_t sets_done_ = 0;      // SETs and RESETs that were answered in this transaction
  uint32_t unpin_effects_ = 0;  // of the text under way, if it is alone and outside a transaction block
  pools::Pins pins_;
  State state_ = State::kLogin;
  bool drop_streaming_ = false;  // what is left of the message goes nowhere
  bool long_secret_ = false;     // protocol 3.2
  bool admin_ = false;
  bool replication_ = false;
  bool close_when_idle_ = false;
  bool notified_ = false;     // told that it is queued
  bool error_seen_ = false;   // since the last ReadyForQuery
  bool committed_ = false;    // a COMMIT was answered, perhaps AND CHAIN
  bool rolled_back_ = false;  // a ROLLBACK ended the transaction, or a part of it
  bool in_transaction_ = false;
  bool may_commit_ = false;  // what is under way may end the transaction
  bool console_busy_ = false;
  bool ddl_seen_ = false;          // in this transaction
  bool reset_all_ = false;         // RESET ALL is under way
  bool everything_reset_ = false;  // it was answered
  bool batch_executes_ = false;    // the batch has done more than prepare and describe
  bool flushing_ = false;          // the answers to a batch that we have ended are awaited
  bool discarding_ = false;        // up to the next Sync
  bool forgetting_ = false;  // a DEALLOCATE or DISCARD is under way: what comes behind its batch waits for it
  bool settling_ = false;    // requests wait for replies: what they name is not decided yet
  bool consuming_ = false;

  const uint32_t slot_;
  pools::ParametersRef startup_parameters_;  // as asked for at the login
  std::unique_ptr<std::string> mistake_;
  std::shared_ptr<pools::SharedAccount> database_account_, user_account_;  // whom it counts for
  const WallTime connected_wall_;
  WallTime pinned_since_{};
  Instant leave_at_ = kNever;
  std::array<char, 16> secret_{};
  net::PeerAddress peer_;
};

}  // namespace forebay::postgres
