// PositionAsker asks the primary how far it has written, for reads that must see every write that was
// acknowledged before them (consistency = "strong").
//
// One question at a time: who comes while one is under way is answered by the next, since only a question
// that is sent after a read has come covers all the writes before it. On the worker's thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/network.h"
#include "gateway/postgres/own_query.h"
#include "gateway/postgres/server.h"

namespace forebay::postgres {

class PositionAsker final : public OwnQuery {
 public:
  using OwnQuery::OwnQuery;

  // The client is told by WorkerPool::tellPosition().
  void askFor(const Server::PositionFor& client);
  // Tells all who wait that there is no answer.
  void abandon();

  void heldBack() override;
  void received(Bytes run) override { answer_ += run; }
  bool patient() const override { return true; }

 protected:
  void question(std::string& messages, pools::ReplyTracker& tracker) override;
  void answered() override;
  void unanswered(std::string) override { tellNobody(); }
  std::string explain(const std::string&) const override { return {}; }

 private:
  void askNow();
  void tellNobody();
  void tellAll(std::optional<uint64_t> lsn);

  bool under_way_ = false;
  conf::HostPort host_;  // that was asked
  std::string answer_;
  std::vector<Server::PositionFor> coming_, asked_;
};

}  // namespace forebay::postgres
