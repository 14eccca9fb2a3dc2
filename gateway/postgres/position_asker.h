// PositionAsker asks the primary how far it has written, for reads that must see every write that was
// acknowledged before them (consistency = "strong").
//
// One question at a time: who comes while one is under way is answered by the next, since only a question
// that is sent after a read has come covers all the writes before it. On the worker's thread.
#pragma once

#include <optional>
#include <vector>

#include "conf/network.h"
#include "gateway/postgres/borrower.h"
#include "gateway/postgres/server.h"

namespace forebay::postgres {

class WorkerPool;

class PositionAsker final : public Borrower {
 public:
  explicit PositionAsker(WorkerPool& pool);
  ~PositionAsker() override;

  // The client is told by WorkerPool::tellPosition().
  void ask(const Server::PositionFor& whom);
  // The pool's server has answered that question, or is lost.
  void told(uint32_t round, const conf::HostPort& host, std::optional<uint64_t> lsn);

  // Tells all who wait that there is no answer.
  void abandon();

  // ---- Borrower
  void heldBack() override;
  void lent(Server& server) override;
  void promised(Server* server) override { server_ = server; }
  void failed(Bytes response) override;
  void received(Bytes) override {}
  void ready(char, bool) override {}
  void parameterChanged(Bytes, Bytes) override {}
  void commandCompleted(Bytes) override {}
  void nameConfirmed() override {}
  void errorReceived(const pools::ReplyTracker&) override {}
  void batchEnded(bool) override {}
  void serverWritable() override {}
  void serverLost(Bytes response) override { failed(response); }
  std::string explainLoss(std::string_view) const override { return {}; }
  const pools::ParametersRef& wantedParameters() const override { return whatever_; }
  uint64_t borrowerId() const override { return 0; }
  bool patient() const override { return true; }

 private:
  void askNow();
  void tellAll(const conf::HostPort& host, std::optional<uint64_t> lsn);

  WorkerPool& pool_;
  Server* server_ = nullptr;  // promised
  bool under_way_ = false;
  uint32_t round_;  // of the last question
  std::vector<Server::PositionFor> coming_, asked_;
  const pools::ParametersRef whatever_;
};

}  // namespace forebay::postgres
