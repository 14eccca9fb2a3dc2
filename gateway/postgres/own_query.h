// OwnQuery: a question of Forebay's own, asked once on a server that is borrowed from a pool.
//
// It is asked by ask() and ends in answered() or unanswered(), which may destroy it no sooner than this turn
// ends (Loop::bury); destroyed before, it is withdrawn. The session it runs in is anybody's: it has whatever
// parameters were set there last, and the question must leave nothing behind.
#pragma once

#include <string>

#include "gateway/net/loop.h"
#include "gateway/postgres/borrower.h"

namespace forebay::postgres {

class WorkerPool;

class OwnQuery : public net::Mortal, public Borrower {
 public:
  explicit OwnQuery(WorkerPool& pool) : pool_(pool) {}
  ~OwnQuery() override { withdraw(false); }

  void ask();

  void lent(Server& server) final;
  void promised(Server* server) final { server_ = server; }
  void failed(Bytes response) final { unanswered(std::string(response)); }
  void ready(char status, bool idle) final;
  void serverLost(Bytes response) final;
  std::string explainLoss(std::string_view reason) const final { return explain(std::string(reason)); }
  void parameterChanged(Bytes, Bytes) final {}
  void commandCompleted(Bytes) final {}
  void nameConfirmed() final {}
  void batchEnded(bool) final {}
  void errorReceived(const pools::ReplyTracker&) final {}
  void serverWritable() final {}
  const pools::ParametersRef& wantedParameters() const final { return any_parameters_; }
  uint64_t borrowerId() const final { return 0; }
  bool patient() const override { return false; }

 protected:
  // Appends the messages that ask, and tells `tracker` of each.
  virtual void question(std::string& messages, pools::ReplyTracker& tracker) = 0;
  // The whole answer has been received(); an error may be part of it.
  virtual void answered() = 0;
  // The question could not be asked, or its answer did not come. `response`: why, a whole ErrorResponse.
  virtual void unanswered(std::string response) = 0;
  // Why there is no answer, as an ErrorResponse.
  virtual std::string explain(const std::string& why) const = 0;

  // Neither is called any more. `cancel`: PostgreSQL is told to stop, if it works on it.
  void withdraw(bool cancel);
  WorkerPool& pool() const { return pool_; }
  const Server* server() const { return server_; }  // that is asked; null: none yet, or no more

 private:
  WorkerPool& pool_;
  Server* server_ = nullptr;
  pools::ParametersRef any_parameters_;
};

}  // namespace forebay::postgres
