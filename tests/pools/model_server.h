// ModelServer answers messages as a PostgreSQL server does, as far as the order and number of its replies go.
//
// It reads one message at a time, so that a test may let messages and replies cross on the wire in any way.
// How a message fares is part of the message: the test decides who fails.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>

#include "pools/reply_tracker.h"

namespace forebay::pools {

struct Sent {
  enum class Fate : uint8_t {
    kWorks,
    kFails,
    kBegins,        // Query: BEGIN
    kEnds,          // Query: COMMIT or ROLLBACK
    kCopiesIn,      // Query, Execute: COPY FROM STDIN
    kCopiesInVain,  // the same, and fails after the CopyInResponse, before it reads anything
    kCopiesOut,     // Query, Execute: COPY TO STDOUT
    kEmpty,         // Query, Execute: no SQL at all
    kSuspends,      // Execute with a row limit
  };
  char type = 'Q';
  Fate fate = Fate::kWorks;
  Owed kind = Owed::kNothing;  // who asked for it, and so who is to see the answer
  int statement = -1;          // Parse, Bind, Close: which; -1: not one that is tracked
};

struct Received {
  char type;
  char status;  // of a ReadyForQuery
  Reply to;     // what must become of it
};

class ModelServer {
 public:
  std::deque<Sent> unread;
  std::deque<Received> replies;
  std::set<int> statements;
  std::string broken;  // what no server should be made to see

  bool copying() const { return copy_ != Copy::kNone; }
  // Owes nothing, and can start on anybody's next transaction.
  bool idle() const {
    if (skipping_ || copying() || unsynced_ || status_ != 'I' || !replies.empty()) return false;
    for (const Sent& sent : unread)
      if (sent.type != 'H' && sent.type != 'c' && sent.type != 'd' && sent.type != 'f') return false;
    return true;
  }

  void readOne() {
    const Sent sent = unread.front();
    unread.pop_front();
    if (skipping_ && sent.type != 'S') return;
    if (copying()) return readCopy(sent);
    switch (sent.type) {
      case 'S': return sync(sent);
      case 'Q': return query(sent);
      case 'F':
        unsynced_ = false;
        if (sent.fate == Sent::Fate::kFails)
          fail();
        else
          say('V');
        return ready();
      case 'P':
      case 'B':
      case 'D':
      case 'E':
      case 'C': return extended(sent);
      default: return;  // Flush, and what is left of a COPY that has failed
    }
  }

 private:
  enum class Copy : uint8_t { kNone, kExtended, kSimple };

  void say(char type, Reply to = Reply::kPass, char status = 0) { replies.push_back({type, status, to}); }
  void ready(Reply to = Reply::kPass) { say('Z', to, status_); }
  void fail(Reply to = Reply::kPass) {
    say('E', to);
    if (status_ == 'T') status_ = 'E';
  }

  void sync(const Sent& sent) {
    // The implicit COMMIT of what the batch has done may fail.
    if (sent.fate == Sent::Fate::kFails && unsynced_ && !skipping_) fail();
    skipping_ = unsynced_ = false;
    ready();
  }

  void query(const Sent& sent) {
    unsynced_ = false;
    const Reply to = sent.kind == Owed::kInjectedQuery ? Reply::kSwallow : Reply::kPass;
    switch (sent.fate) {
      case Sent::Fate::kFails: fail(to); break;
      case Sent::Fate::kBegins: status_ = 'T', say('C', to); break;
      case Sent::Fate::kEnds: status_ = 'I', say('C', to); break;
      case Sent::Fate::kCopiesIn: return say('G'), void(copy_ = Copy::kSimple);
      case Sent::Fate::kCopiesInVain: say('G'), fail(); break;
      case Sent::Fate::kCopiesOut: say('H'), say('d'), say('c'), say('C'); break;
      case Sent::Fate::kEmpty: say('I', to); break;
      case Sent::Fate::kWorks: say('T', to), say('D', to), say('C', to), say('C', to); break;
      case Sent::Fate::kSuspends: say('C', to); break;
    }
    ready(to);
  }

  void extended(const Sent& sent) {
    unsynced_ = true;
    if (sent.fate == Sent::Fate::kFails) return fail(), void(skipping_ = true);
    const bool ours = sent.kind == Owed::kInjectedParse || sent.kind == Owed::kInjectedClose;
    switch (sent.type) {
      case 'P':
        if (sent.statement >= 0 && !statements.insert(sent.statement).second) broken = "prepared twice";
        return say('1', ours ? Reply::kSwallow : Reply::kPass);
      case 'B':
        if (sent.statement >= 0 && !statements.contains(sent.statement)) broken = "bound, but not prepared";
        return say('2');
      case 'D': return say('t'), say(sent.fate == Sent::Fate::kEmpty ? 'n' : 'T');
      case 'C':
        if (sent.statement >= 0) statements.erase(sent.statement);
        return say('3', ours                                ? Reply::kSwallow
                        : sent.kind == Owed::kCloseForParse ? Reply::kAsParseComplete
                                                            : Reply::kPass);
      default: return execute(sent);
    }
  }

  void execute(const Sent& sent) {
    switch (sent.fate) {
      case Sent::Fate::kCopiesIn: return say('G'), void(copy_ = Copy::kExtended);
      case Sent::Fate::kCopiesInVain: return say('G'), fail(), void(skipping_ = true);
      case Sent::Fate::kCopiesOut: return say('H'), say('d'), say('c'), say('C');
      case Sent::Fate::kEmpty: return say('I');
      case Sent::Fate::kSuspends: return say('D'), say('s');
      default: return say('D'), say('C');
    }
  }

  void readCopy(const Sent& sent) {
    const bool simple = copy_ == Copy::kSimple;
    if (sent.type == 'S' || sent.type == 'H') return;
    if (sent.type == 'd' && sent.fate != Sent::Fate::kFails) return;
    if (sent.type != 'c' && sent.type != 'd' && sent.type != 'f') broken = "a COPY was interrupted";
    copy_ = Copy::kNone;
    if (sent.type == 'c' && sent.fate != Sent::Fate::kFails) {
      say('C');
    } else {
      fail();
      skipping_ = !simple;
    }
    if (simple) ready();
  }

  Copy copy_ = Copy::kNone;
  bool skipping_ = false;
  bool unsynced_ = false;
  char status_ = 'I';
};

}  // namespace forebay::pools
