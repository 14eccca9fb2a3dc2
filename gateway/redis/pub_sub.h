// PubSub: one connection that carries what all of a worker's clients of a cache subscribe to.
//
// It is dialled with the first subscription. What comes is given to every client that listens; when the
// connection is lost it is made again and everything subscribed to again, without the clients noticing more
// than a gap, which is counted. On the worker's thread.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ring.h"
#include "gateway/net/tick.h"
#include "pools/subscriptions.h"

namespace forebay::redis {

class Client;
class Server;
class WorkerCache;

class PubSub {
 public:
  using Kind = pools::SubscriptionKind;

  explicit PubSub(WorkerCache& cache);

  // What is not confirmed yet will be: Client::confirmed(), or refused().
  pools::Subscriptions::Added subscribe(Client& client, Kind kind, Bytes name, size_t max_names);
  pools::Subscriptions::Removed unsubscribe(Client& client, Kind kind, Bytes name);
  std::vector<std::string> names(const Client& client, Kind kind) const;
  void left(Client& client);

  // ---- told by the connection
  void connected(Server& server);
  void lost(Server& server);
  void nodeFound();  // there is one to dial again
  [[gnu::hot]] void received(Bytes value);

  bool wanted() const { return !subscriptions_.empty(); }
  const pools::Subscriptions& subscriptions() const { return subscriptions_; }

 private:
  void connect();
  void say(bool subscribe, Kind kind, Bytes name);
  void answered(Bytes what, Bytes name);
  void failed(Bytes error);

  WorkerCache& cache_;
  pools::Subscriptions subscriptions_;
  Server* server_ = nullptr;
  bool ready_ = false;
  struct Asked {
    bool subscribe;
    Kind kind;
    std::string name;
  };
  Ring<Asked> asked_;  // that the server has not answered
  unsigned failures_ = 0;
  net::Tick retry_;
};

}  // namespace forebay::redis
