// ReplyTracker knows which replies a server connection still owes, and so when it may go to somebody else.
//
// Every message sent to the server that gets an answer is recorded in order; every message received is
// matched against that record. Two rules of the protocol shape it
// (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY):
//   - after an error in an extended-query message the server skips everything up to the next Sync, a simple
//     Query included, and sends one ReadyForQuery: what was skipped is owed no longer;
//   - while the server reads COPY data it ignores Sync and Flush: a Sync sent right behind the Execute of a
//     COPY FROM STDIN gets no ReadyForQuery of its own.
// Messages that Forebay slipped in are marked, and so are their answers, which no client must see.
// Pure bookkeeping: no I/O, not thread-safe.
#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "base/ring.h"
#include "pools/prepared_set.h"

namespace forebay::pools {

enum class Owed : uint8_t {
  kNothing,
  kExtended,  // a run of Bind, Describe, Execute and Close of portals: counted, each gets one closing answer
  kParse,     // the client's Parse of a statement that we track
  kInjectedParse,  // our Parse in front of the client's Bind: its ParseComplete is swallowed
  kCloseForParse,  // our Close of a name that nobody has, sent in place of a Parse whose statement the server
                   // has already: its CloseComplete becomes the client's ParseComplete, in its right place in
                   // the order
  kClose,  // the client's Close of a statement that we track, sent as a Close of a name that nobody has
  kInjectedClose,  // our Close of an evicted statement: its CloseComplete is swallowed
  kSync,
  kInjectedSync,  // our Sync in place of the client's Flush: its ReadyForQuery is swallowed
  kQuery,
  kFunctionCall,
  kInjectedQuery,  // our own SQL, such as SET or ROLLBACK: everything up to its ReadyForQuery is swallowed
  kCopyEnd,  // CopyDone or CopyFail: gets no answer, but the Syncs in front of it may not get one either
};

enum class Reply : uint8_t {
  kPass,             // goes to the client as it is
  kSwallow,          // answers something of ours
  kAsParseComplete,  // goes to the client with the type byte of a ParseComplete
  kUnexpected,       // the server sent what nothing asked for: the connection can no longer be trusted
};

class ReplyTracker {
 public:
  // Told of each message sent. `statement` matters for the kinds that name one. What is sent while
  // skipping(), Sync apart, gets no answer and is not recorded.
  [[gnu::hot]] void sent(Owed kind, const StatementKey& statement = {});

  void sentCopyEnd();  // CopyDone or CopyFail
  // Flush is not told: it asks for what is owed already, and leaves nothing behind.

  // Told of each message received, in order. `status` is the body of a ReadyForQuery, else ignored. Types
  // that answer nothing (NoticeResponse, ParameterStatus, NotificationResponse, DataRow, CopyData) need not
  // be told.
  [[gnu::hot]] Reply received(char type, char status, PreparedSet& prepared);

  // May the server go to another client? Everything owed has come, no transaction, COPY or unsynced batch is
  // open.
  bool idle() const { return owed_.empty() && status_ == 'I' && !copying() && !unsynced_ && doubtful_ == 0; }
  bool nothingOwed() const { return owed_.empty(); }
  // The client left a batch without Sync: the server will not say ReadyForQuery before it gets one.
  bool unsynced() const { return unsynced_; }
  bool copying() const { return copy_ != Copy::kNone; }
  bool copyingIn() const { return copy_ == Copy::kIn || copy_ == Copy::kBoth; }
  // An error came while a COPY was fed: whether the server had read, and so ignored, the Syncs in front of
  // the data cannot be known from outside, nor how many ReadyForQuery are still to come. The next reply that
  // is none tells: by then all have come. Where nothing else is owed, an empty Query of our own
  // (kInjectedQuery) makes sure that there is one: its EmptyQueryResponse.
  bool ambiguous() const { return doubtful_ > 0; }
  bool wantsMarker() const { return ambiguous() && owed_.empty() && !unsynced_; }
  // How many of the client's kParse, kCloseForParse and kClose the last error took with it: they were
  // skipped.
  uint32_t droppedNames() const { return dropped_names_; }
  // The batch() in which what the last error answers was sent.
  uint32_t failedBatch() const { return failed_batch_; }
  char status() const { return status_; }  // of the last ReadyForQuery: 'I', 'T' or 'E'
  bool skipping() const { return skipping_; }
  // Does the next ParseComplete or CloseComplete answer one of those?
  bool clientNameNext() const { return isClientName(head()); }
  // Swallowing the answers of our own SQL right now?
  bool inInjectedQuery() const { return head() == Owed::kInjectedQuery; }
  // Rises with each Sync and Query sent: messages with the same number stand or fall together.
  uint32_t batch() const { return batch_; }

 private:
  enum class Copy : uint8_t { kNone, kIn, kOut, kBoth };
  struct Entry {
    Owed kind = Owed::kNothing;
    uint32_t count = 0;
    StatementKey statement{};
  };

  Owed head() const { return owed_.empty() ? Owed::kNothing : owed_[0].kind; }
  Reply completed(PreparedSet& prepared);
  [[gnu::hot]] Reply extendedCompleted();
  Reply commandCompleted();
  static bool isClientName(Owed kind) {
    return kind == Owed::kParse || kind == Owed::kCloseForParse || kind == Owed::kClose;
  }
  Reply failed(PreparedSet& prepared);
  [[gnu::hot]] Reply ready(char status);
  uint32_t forgetEatenSyncs();
  void skipToSync(PreparedSet& prepared);
  [[gnu::hot]] void popFront();

  Ring<Entry> owed_;
  uint32_t batch_ = 0;
  char status_ = 'I';
  Copy copy_ = Copy::kNone;
  bool unsynced_ = false;
  bool skipping_ = false;  // an error came and no Sync was sent yet: what is sent now gets no answer
  uint32_t doubtful_ = 0;  // Syncs that a failed COPY may have ignored, or not
  bool astray_ = false;    // what was sent behind those may have been skipped, or not: no way to go on
  uint32_t dropped_names_ = 0, failed_batch_ = 0;
};

}  // namespace forebay::pools
