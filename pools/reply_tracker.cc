#include "pools/reply_tracker.h"

#include <algorithm>

namespace forebay::pools {

void ReplyTracker::sent(Owed kind, const StatementKey& statement) {
  if (kind == Owed::kSync) {
    if (copyingIn() && !copy_end_sent_) return;  // the server ignores it
    skipping_ = false;
  }
  if (skipping_) return;
  const bool ends_batch = kind == Owed::kSync || kind == Owed::kQuery || kind == Owed::kInjectedQuery ||
                          kind == Owed::kFunctionCall;
  unsynced_ = !ends_batch;
  if (ends_batch) ++batch_;
  if (kind == Owed::kExtended && !owed_.empty() && owed_.back().kind == Owed::kExtended) {
    ++owed_.back().count;
    return;
  }
  owed_.pushBack({kind, 1, statement});
}

void ReplyTracker::sentCopyEnd() {
  if (!copying()) syncs_before_end_ = syncsOwed();
  copy_end_sent_ = true;
}

Reply ReplyTracker::received(char type, char status, PreparedSet& prepared) {
  switch (type) {
    case 'Z': return ready(status);
    case 'E': return failed(prepared);
    case '1':
    case '3': return completed(prepared);
    case '2':
    case 'T':
    case 'n':
    case 's': return extendedCompleted();
    case 'C': return commandCompleted();
    case 'I': return emptyQuery();
    case 'G': copyStarted(Copy::kIn); break;
    case 'H': copyStarted(Copy::kOut); break;
    case 'W': copyStarted(Copy::kBoth); break;
    case 'c':
      if (copy_ == Copy::kOut) copy_ = Copy::kNone;
      break;
    default: break;
  }
  return inInjectedQuery() ? Reply::kSwallow : Reply::kPass;
}

// ParseComplete or CloseComplete.
Reply ReplyTracker::completed(PreparedSet& prepared) {
  const Owed kind = head();
  switch (kind) {
    case Owed::kParse:
    case Owed::kInjectedParse:
      prepared.parseCompleted(owed_.front().statement);
      owed_.popFront();
      return kind == Owed::kParse ? Reply::kPass : Reply::kSwallow;
    case Owed::kCloseForParse: owed_.popFront(); return Reply::kAsParseComplete;
    case Owed::kInjectedClose: owed_.popFront(); return Reply::kSwallow;
    case Owed::kNothing:
    case Owed::kExtended:
    case Owed::kSync:
    case Owed::kQuery:
    case Owed::kFunctionCall:
    case Owed::kInjectedQuery: return extendedCompleted();
  }
  return Reply::kUnexpected;
}

Reply ReplyTracker::extendedCompleted() {
  if (head() == Owed::kInjectedQuery) return Reply::kSwallow;
  if (head() == Owed::kExtended && --owed_.front().count == 0) owed_.popFront();
  return Reply::kPass;
}

Reply ReplyTracker::commandCompleted() {
  if (copyingIn()) forgetEatenSyncs();
  copy_ = Copy::kNone;
  copy_end_sent_ = false;
  return extendedCompleted();
}

Reply ReplyTracker::emptyQuery() {
  if (head() == Owed::kInjectedQuery) marker_seen_ = true;
  return extendedCompleted();
}

Reply ReplyTracker::failed(PreparedSet& prepared) {
  dropped_parses_ = 0;
  const bool was_copying_in = copyingIn();
  copy_ = Copy::kNone;
  switch (head()) {
    case Owed::kInjectedQuery: return Reply::kSwallow;
    case Owed::kNothing:  // the server says why it goes
    case Owed::kSync:     // the implicit COMMIT failed: ReadyForQuery follows
    case Owed::kQuery:
    case Owed::kFunctionCall: return Reply::kPass;
    case Owed::kExtended:
    case Owed::kParse:
    case Owed::kInjectedParse:
    case Owed::kCloseForParse:
    case Owed::kInjectedClose: break;
  }
  // Whether the server got as far as reading, and so ignoring, the Sync in front of the data is not told.
  if (was_copying_in && eaten_syncs_ > 0) {
    ambiguous_ = true;
    marker_seen_ = false;
  }
  if (was_copying_in) forgetEatenSyncs();
  copy_end_sent_ = false;
  skipToSync(prepared);
  return Reply::kPass;
}

void ReplyTracker::skipToSync(PreparedSet& prepared) {
  while (!owed_.empty() && head() != Owed::kSync) {
    const Entry& entry = owed_.front();
    if (entry.kind == Owed::kParse || entry.kind == Owed::kCloseForParse) ++dropped_parses_;
    if (entry.kind == Owed::kParse || entry.kind == Owed::kInjectedParse)
      prepared.parseSkipped(entry.statement);
    if (entry.kind == Owed::kInjectedClose) {  // not closed after all
      prepared.parseSent(entry.statement, batch_);
      prepared.parseCompleted(entry.statement);
    }
    owed_.popFront();
  }
  skipping_ = owed_.empty();
}

Reply ReplyTracker::ready(char status) {
  status_ = status;
  copy_ = Copy::kNone;
  copy_end_sent_ = false;
  eaten_syncs_ = 0;
  const Owed kind = head();
  if (kind == Owed::kInjectedQuery) {
    if (ambiguous_ && !marker_seen_) return Reply::kPass;  // the one that could not be foreseen
    ambiguous_ = false;
    owed_.popFront();
    return Reply::kSwallow;
  }
  if (kind == Owed::kSync || kind == Owed::kQuery || kind == Owed::kFunctionCall) {
    owed_.popFront();
    return Reply::kPass;
  }
  return ambiguous_ ? Reply::kPass : Reply::kUnexpected;
}

void ReplyTracker::copyStarted(Copy direction) {
  copy_ = direction;
  if (direction == Copy::kOut || head() != Owed::kExtended) return;
  eaten_syncs_ = copy_end_sent_ ? syncs_before_end_ : syncsOwed();
}

// The Syncs that the COPY ignored get no ReadyForQuery.
void ReplyTracker::forgetEatenSyncs() {
  Ring<Entry> kept;
  for (size_t i = 0; i < owed_.size(); ++i) {
    if (owed_[i].kind == Owed::kSync && eaten_syncs_ > 0) {
      --eaten_syncs_;
      unsynced_ = true;  // until the Sync behind the CopyDone
    } else {
      if (owed_[i].kind == Owed::kSync) unsynced_ = false;
      kept.pushBack(owed_[i]);
    }
  }
  std::swap(owed_, kept);
}

uint32_t ReplyTracker::syncsOwed() const {
  uint32_t count = 0;
  for (size_t i = 0; i < owed_.size(); ++i) count += owed_[i].kind == Owed::kSync;
  return count;
}

}  // namespace forebay::pools
