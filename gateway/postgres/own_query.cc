#include "gateway/postgres/own_query.h"

#include <utility>

#include "gateway/postgres/server.h"
#include "gateway/postgres/worker_pool.h"

namespace forebay::postgres {

void OwnQuery::ask() { pool_.request(*this); }

void OwnQuery::lent(Server& server) {
  server_ = &server;
  std::string messages;
  question(messages, server.tracker());
  server.send(messages);
}

void OwnQuery::ready(char, bool idle) {
  if (!idle) return;
  std::exchange(server_, nullptr)->giveBack({});
  answered();
}

void OwnQuery::serverLost(Bytes response) {
  server_ = nullptr;
  unanswered(response.empty() ? explain("the connection was lost") : std::string(response));
}

void OwnQuery::withdraw(bool cancel) {
  if (waiting()) pool_.withdraw(*this);
  if (server_ != nullptr) std::exchange(server_, nullptr)->giveBack({.cancel = cancel});
}

}  // namespace forebay::postgres
