#include "gateway/postgres/position_asker.h"

#include <utility>

#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/read_router.h"
#include "gateway/postgres/worker_pool.h"
#include "pgproto/frame.h"
#include "pgproto/messages.h"

namespace forebay::postgres {

void PositionAsker::askFor(const Server::PositionFor& client) {
  coming_.push_back(client);
  if (!under_way_) askNow();
}

void PositionAsker::askNow() {
  under_way_ = true;
  ask();  // may fail at once
}

void PositionAsker::question(std::string& messages, pools::ReplyTracker& tracker) {
  asked_ = std::exchange(coming_, {});
  host_ = server()->host();
  answer_.clear();
  pgproto::appendQuery(messages, Server::kWrittenQuery);
  tracker.sent(pools::Owed::kQuery);
}

void PositionAsker::answered() {
  std::optional<uint64_t> lsn;
  Bytes rest = answer_;
  for (pgproto::Frame frame; pgproto::scanFrame(rest, UINT32_MAX, frame) == pgproto::Scan::kFrame;
       rest.remove_prefix(frame.whole.size()))
    if (frame.type == 'D') lsn = Server::lsnIn(frame.body);
  tellAll(lsn);
}

void PositionAsker::abandon() {
  withdraw(false);
  tellNobody();
}

// There is no primary to ask: who waits may wait for one itself, within its own limits. Not at once, since
// the pool is walking over its waiters.
void PositionAsker::heldBack() {
  PostgresWorker& worker = pool().worker();
  worker.loop().defer([&worker, database = pool().databaseName(), user = pool().user()] {
    WorkerPool* pool = worker.findPool(database, user);
    if (pool != nullptr && pool->reads() != nullptr && pool->heldSince() != kNever)
      pool->reads()->asker().abandon();
  });
}

void PositionAsker::tellNobody() {
  asked_.insert(asked_.end(), coming_.begin(), coming_.end());
  coming_.clear();
  tellAll(std::nullopt);
}

void PositionAsker::tellAll(std::optional<uint64_t> lsn) {
  under_way_ = false;
  for (const Server::PositionFor& client : std::exchange(asked_, {})) pool().tellPosition(client, host_, lsn);
  if (!coming_.empty() && !under_way_) askNow();
}

}  // namespace forebay::postgres
