#include "gateway/postgres/position_asker.h"

#include <utility>

#include "gateway/postgres/postgres_worker.h"
#include "gateway/postgres/read_router.h"
#include "gateway/postgres/worker_pool.h"

namespace forebay::postgres {

// Its rounds begin where those of an asker before it, whose last answer may still come, have not been.
PositionAsker::PositionAsker(WorkerPool& pool)
    : pool_(pool), round_(static_cast<uint32_t>(pool.worker().shared().next_client_id.fetch_add(1) << 8)) {}

PositionAsker::~PositionAsker() {
  if (waiting()) pool_.withdraw(*this);
  if (server_ != nullptr) server_->giveBack({.unused = true});
}

void PositionAsker::ask(const Server::PositionFor& whom) {
  coming_.push_back(whom);
  if (!under_way_) askNow();
}

void PositionAsker::askNow() {
  under_way_ = true;
  pool_.request(*this);  // may fail at once
}

void PositionAsker::lent(Server& server) {
  server_ = nullptr;
  asked_ = std::move(coming_);
  coming_.clear();
  if (++round_ == 0) ++round_;
  server.giveBack({.unused = true, .position_for = {0, 0, round_}});
}

void PositionAsker::abandon() {
  if (waiting()) pool_.withdraw(*this);
  if (server_ == nullptr) failed({});
}

// There is no primary to ask: who waits may wait for one itself, within its own limits. Not at once, since
// the pool is walking over its waiters.
void PositionAsker::heldBack() {
  PostgresWorker& worker = pool_.worker();
  worker.loop().defer([&worker, database = pool_.databaseName(), user = pool_.user()] {
    WorkerPool* pool = worker.findPool(database, user);
    if (pool != nullptr && pool->reads() != nullptr && pool->heldSince() != kNever)
      pool->reads()->asker().abandon();
  });
}

void PositionAsker::failed(Bytes) {
  server_ = nullptr;
  asked_.insert(asked_.end(), coming_.begin(), coming_.end());
  coming_.clear();
  tellAll({}, std::nullopt);
}

void PositionAsker::told(uint32_t round, const conf::HostPort& host, std::optional<uint64_t> lsn) {
  if (round == round_) tellAll(host, lsn);
}

void PositionAsker::tellAll(const conf::HostPort& host, std::optional<uint64_t> lsn) {
  under_way_ = false;
  const std::vector<Server::PositionFor> asked = std::exchange(asked_, {});
  for (const Server::PositionFor& whom : asked) pool_.tellPosition(whom, host, lsn);
  if (!coming_.empty() && !under_way_) askNow();
}

}  // namespace forebay::postgres
