#include "pools/reply_tracker.h"

namespace forebay::pools {
namespace {

bool endsBatch(Owed kind) {
  switch (kind) {
    case Owed::kSync:
    case Owed::kInjectedSync:
    case Owed::kQuery:
    case Owed::kFunctionCall:
    case Owed::kInjectedQuery: return true;
    case Owed::kNothing:
    case Owed::kExtended:
    case Owed::kParse:
    case Owed::kInjectedParse:
    case Owed::kCloseForParse:
    case Owed::kClose:
    case Owed::kInjectedClose:
    case Owed::kCopyEnd: break;
  }
  return false;
}

}  // namespace

void ReplyTracker::sent(Owed kind, const StatementKey& statement) {
  if (kind == Owed::kSync || kind == Owed::kInjectedSync) skipping_ = false;
  if (skipping_) {
    astray_ = astray_ || ambiguous();
    return;
  }
  unsynced_ = !endsBatch(kind);
  if (!unsynced_) ++batch_;
  if (kind == Owed::kExtended && !owed_.empty() && owed_.back().kind == Owed::kExtended) {
    ++owed_.back().count;
    return;
  }
  owed_.pushBack({kind, 1, statement});
}

void ReplyTracker::sentCopyEnd() {
  if (owed_.empty()) return;  // no COPY can be open: the server ignores it
  // A Sync sent so far is ignored by the COPY that is fed: one more must follow.
  if (copyingIn() && head() == Owed::kExtended) unsynced_ = true;
  owed_.pushBack({Owed::kCopyEnd, 1, {}});
}

Reply ReplyTracker::received(char type, char status, PreparedSet& prepared) {
  if (type == 'Z') return ready(status);
  if (!astray_) doubtful_ = 0;
  switch (type) {
    case 'E': return failed(prepared);
    case '1':
    case '3': return completed(prepared);
    case '2':
    case 'T':
    case 'n':
    case 's':
    case 'I': return extendedCompleted();
    case 'C': return commandCompleted();
    case 'G': copy_ = Copy::kIn; break;
    case 'H': copy_ = Copy::kOut; break;
    case 'W': copy_ = Copy::kBoth; break;
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
  if (kind == Owed::kNothing) return Reply::kPass;
  const StatementKey statement = owed_.front().statement;
  switch (kind) {
    case Owed::kParse:
    case Owed::kInjectedParse:
      prepared.parseCompleted(statement);
      popFront();
      return kind == Owed::kParse ? Reply::kPass : Reply::kSwallow;
    case Owed::kCloseForParse: popFront(); return Reply::kAsParseComplete;
    case Owed::kClose: popFront(); return Reply::kPass;
    case Owed::kInjectedClose:
      prepared.closeCompleted(statement);
      popFront();
      return Reply::kSwallow;
    case Owed::kNothing:
    case Owed::kExtended:
    case Owed::kSync:
    case Owed::kInjectedSync:
    case Owed::kQuery:
    case Owed::kFunctionCall:
    case Owed::kInjectedQuery:
    case Owed::kCopyEnd: return extendedCompleted();
  }
  return Reply::kUnexpected;
}

Reply ReplyTracker::extendedCompleted() {
  if (head() == Owed::kInjectedQuery) return Reply::kSwallow;
  if (head() == Owed::kExtended && --owed_.front().count == 0) popFront();
  return Reply::kPass;
}

Reply ReplyTracker::commandCompleted() {
  if (copyingIn()) forgetEatenSyncs();
  copy_ = Copy::kNone;
  return extendedCompleted();
}

Reply ReplyTracker::failed(PreparedSet& prepared) {
  dropped_names_ = 0;
  failed_batch_ = batch_;
  for (size_t i = 0; i < owed_.size(); ++i) failed_batch_ -= endsBatch(owed_[i].kind);
  if (copyingIn()) {
    // Whether the server got as far as reading, and so ignoring, the Syncs in front of the data is not told.
    doubtful_ += forgetEatenSyncs();
    // What follows in the same batch was skipped up to this Sync, or answered behind one of those.
    if (ambiguous() && head() == Owed::kExtended && owed_.size() > 1 && owed_[1].kind != Owed::kSync)
      astray_ = true;
  }
  copy_ = Copy::kNone;
  switch (head()) {
    case Owed::kInjectedQuery: return Reply::kSwallow;
    case Owed::kNothing: return Reply::kPass;       // the server says why it goes
    case Owed::kInjectedSync: return Reply::kPass;  // the implicit COMMIT failed: ReadyForQuery follows
    case Owed::kSync:
    case Owed::kQuery:
    case Owed::kFunctionCall:
      owed_.front().kind = Owed::kSync;  // ReadyForQuery follows, and nothing else
      return Reply::kPass;
    case Owed::kExtended:
    case Owed::kParse:
    case Owed::kInjectedParse:
    case Owed::kCloseForParse:
    case Owed::kClose:
    case Owed::kInjectedClose:
    case Owed::kCopyEnd: break;
  }
  skipToSync(prepared);
  return Reply::kPass;
}

void ReplyTracker::skipToSync(PreparedSet& prepared) {
  while (head() != Owed::kNothing && head() != Owed::kSync && head() != Owed::kInjectedSync) {
    const Entry& entry = owed_.front();
    if (isClientName(entry.kind)) ++dropped_names_;
    if (entry.kind == Owed::kParse || entry.kind == Owed::kInjectedParse)
      prepared.parseSkipped(entry.statement);
    if (entry.kind == Owed::kInjectedClose) prepared.closeSkipped(entry.statement);
    owed_.popFront();
  }
  skipping_ = owed_.empty();
  if (skipping_) unsynced_ = true;
}

Reply ReplyTracker::ready(char status) {
  status_ = status;
  copy_ = Copy::kNone;
  const Owed kind = head();
  if (astray_) return Reply::kUnexpected;
  if (kind == Owed::kSync || (endsBatch(kind) && !ambiguous())) {
    popFront();
    const bool ours = kind == Owed::kInjectedQuery || kind == Owed::kInjectedSync;
    return ours ? Reply::kSwallow : Reply::kPass;
  }
  if (!ambiguous()) return Reply::kUnexpected;
  // Nothing else of what is owed has come: it answers one of the Syncs in doubt.
  --doubtful_;
  if (owed_.empty()) skipping_ = unsynced_ = false;
  return Reply::kPass;
}

// The Syncs that were sent before the end of the COPY's data get no ReadyForQuery. Returns how many those
// are.
uint32_t ReplyTracker::forgetEatenSyncs() {
  Ring<Entry> kept;
  uint32_t eaten = 0;
  bool ended = false;
  for (size_t i = 0; i < owed_.size(); ++i) {
    const Entry& entry = owed_[i];
    if (!ended && entry.kind == Owed::kCopyEnd) {
      ended = true;
    } else if (!ended && entry.kind == Owed::kSync) {
      ++eaten;
    } else {
      if (entry.kind != Owed::kCopyEnd) unsynced_ = !endsBatch(entry.kind);
      kept.pushBack(entry);
    }
  }
  std::swap(owed_, kept);
  return eaten;
}

// What gets no answer goes along.
void ReplyTracker::popFront() {
  owed_.popFront();
  while (!owed_.empty() && owed_.front().kind == Owed::kCopyEnd) owed_.popFront();
}

}  // namespace forebay::pools
