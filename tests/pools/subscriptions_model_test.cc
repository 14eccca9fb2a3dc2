// Clients come and go at random while a server's answers and messages are under way and its connection
// breaks now and then. Whatever happens: a client that was confirmed misses no message of that connection,
// and no client gets one that is not for it.

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "pools/subscriptions.h"

namespace forebay::pools {
namespace {

using Kind = Subscriptions::Kind;
using Added = Subscriptions::Added;

// A server with one connection: it executes requests in their order, some time after they were sent, and its
// answers and messages come in their order, some time after that.
class ModelServer {
 public:
  struct Event {
    enum What { kSubscribed, kUnsubscribed, kRefused, kMessage } what;
    std::string name;
    uint64_t message = 0;
  };

  void send(bool subscribe, const std::string& name) { requests_.push_back({subscribe, name}); }
  bool idle() const { return requests_.empty() && events_.empty(); }
  void lose() { *this = ModelServer(); }
  const std::set<std::string>& subscribed() const { return subscribed_; }

  void execute(bool refuse) {
    if (requests_.empty()) return;
    const auto [subscribe, name] = requests_.front();
    requests_.pop_front();
    if (subscribe && refuse) return events_.push_back({Event::kRefused, name});
    if (subscribe) {
      subscribed_.insert(name);
    } else {
      subscribed_.erase(name);
    }
    events_.push_back({subscribe ? Event::kSubscribed : Event::kUnsubscribed, name});
  }
  void publish(const std::string& name, uint64_t message) {
    if (subscribed_.contains(name)) events_.push_back({Event::kMessage, name, message});
  }
  bool receive(Event& event) {
    if (events_.empty()) return false;
    event = events_.front();
    events_.pop_front();
    return true;
  }

 private:
  struct Request {
    bool subscribe;
    std::string name;
  };
  std::deque<Request> requests_;
  std::deque<Event> events_;
  std::set<std::string> subscribed_;
};

struct Client : Subscriber {
  struct Listening {
    uint32_t waits = 0;               // SUBSCRIBEs to confirm
    bool confirmed = false;           // once, at any time
    bool on_this_connection = false;  // confirmed since it was made, so no message may be missed
    std::set<uint64_t> due;           // messages that were published since
  };
  std::map<std::string, Listening> names;
};

class Simulation {
 public:
  explicit Simulation(uint32_t seed) : random_(seed) {
    for (int i = 0; i < 5; ++i) clients_.push_back(std::make_unique<Client>());
    connect();
  }
  ~Simulation() {
    for (auto& client : clients_) leaveAll(*client);
  }

  void step() {
    Client& client = *clients_[below(clients_.size())];
    const std::string name = std::string(1, static_cast<char>('a' + below(3)));
    switch (below(40)) {
      case 0: return lose();
      case 1: return connect();
      case 2: return leaveAll(client);
      default: break;
    }
    switch (below(5)) {
      case 0: return add(client, name);
      case 1: return remove(client, name);
      case 2: return server_.execute(below(20) == 0);
      case 3: return publish(name);
      default: return receive();
    }
  }

  void settle() {
    connect();
    while (!server_.idle()) {
      server_.execute(false);
      receive();
    }
    std::set<std::string> wanted;
    registry_.forEachName(Kind::kChannel, [&](Bytes name, size_t) { wanted.emplace(name); });
    EXPECT_EQ(server_.subscribed(), wanted);
    for (const auto& client : clients_) {
      EXPECT_EQ(client->subscriptions(), client->names.size());
      for (const auto& [name, listening] : client->names) {
        EXPECT_TRUE(listening.confirmed) << name;
        EXPECT_EQ(listening.waits, 0u) << name;
        EXPECT_TRUE(listening.due.empty()) << name << " has missed messages";
      }
    }
  }

 private:
  size_t below(size_t limit) { return random_() % limit; }

  void connect() {
    if (connected_) return;
    connected_ = true;
    registry_.upstreamReady([this](Kind, Bytes name) { server_.send(true, std::string(name)); });
  }
  void lose() {
    if (!connected_) return;
    connected_ = false;
    server_.lose();
    registry_.upstreamLost();
    for (auto& client : clients_) {
      for (auto& [name, listening] : client->names) {
        listening.on_this_connection = false;
        listening.due.clear();
      }
    }
  }

  void add(Client& client, const std::string& name) {
    const Added added = registry_.add(Kind::kChannel, name, client);
    Client::Listening& listening = client.names[name];
    if (added == Added::kSubscribe) {
      EXPECT_TRUE(connected_);
      server_.send(true, name);
    }
    if (added == Added::kConfirmed) {
      EXPECT_EQ(listening.waits, 0u) << "not before those that wait";
      listening.confirmed = true;
      listening.on_this_connection |= registry_.state(Kind::kChannel, name) == Subscriptions::State::kActive;
    } else {
      ++listening.waits;
    }
  }
  void remove(Client& client, const std::string& name) {
    const auto removed = registry_.remove(Kind::kChannel, name, client);
    const auto found = client.names.find(name);
    ASSERT_EQ(removed.listened, found != client.names.end());
    if (!removed.listened) return;
    EXPECT_EQ(removed.waited, found->second.waits);
    client.names.erase(found);
    if (removed.unsubscribe) unsubscribe(name);
  }
  void leaveAll(Client& client) {
    client.names.clear();
    registry_.removeAll(client, [this](Kind, Bytes name) { unsubscribe(std::string(name)); });
    EXPECT_FALSE(client.listens());
  }
  void unsubscribe(const std::string& name) {
    EXPECT_TRUE(connected_);
    server_.send(false, name);
  }

  void publish(const std::string& name) {
    ++published_;
    server_.publish(name, published_);
    for (auto& client : clients_) {
      const auto found = client->names.find(name);
      if (found != client->names.end() && found->second.on_this_connection)
        found->second.due.insert(published_);
    }
  }

  void receive() {
    ModelServer::Event event;
    if (!server_.receive(event)) return;
    switch (event.what) {
      case ModelServer::Event::kSubscribed: return confirmed(event.name);
      case ModelServer::Event::kRefused: return refused(event.name);
      case ModelServer::Event::kUnsubscribed:
        EXPECT_FALSE(registry_.unsubscribed(Kind::kChannel, event.name));
        return;
      case ModelServer::Event::kMessage: return deliver(event.name, event.message);
    }
  }
  void confirmed(const std::string& name) {
    registry_.confirmed(Kind::kChannel, name, [&](Subscriber& subscriber, uint32_t times) {
      Client::Listening& listening = static_cast<Client&>(subscriber).names.at(name);
      EXPECT_EQ(times, std::exchange(listening.waits, 0));
      listening.confirmed = true;
    });
    if (registry_.state(Kind::kChannel, name) != Subscriptions::State::kActive) return;
    for (auto& client : clients_) {
      const auto found = client->names.find(name);
      if (found != client->names.end()) found->second.on_this_connection = true;
    }
  }
  void refused(const std::string& name) {
    EXPECT_FALSE(registry_.refused(Kind::kChannel, name, [&](Subscriber& subscriber, uint32_t times) {
      Client& client = static_cast<Client&>(subscriber);
      EXPECT_EQ(times, client.names.at(name).waits);
      client.names.erase(name);
    }));
  }
  void deliver(const std::string& name, uint64_t message) {
    std::set<Client*> visited;
    registry_.forEach(Kind::kChannel, name, [&](Subscriber& subscriber) {
      Client& client = static_cast<Client&>(subscriber);
      EXPECT_TRUE(visited.insert(&client).second) << "twice";
      ASSERT_TRUE(client.names.contains(name)) << "does not listen";
      EXPECT_TRUE(client.names.at(name).confirmed) << "a message before its confirmation";
      client.names.at(name).due.erase(message);
      if (below(50) == 0) leaveAll(client);  // too slow a consumer
    });
    for (auto& client : clients_) {
      const auto found = client->names.find(name);
      if (found == client->names.end()) continue;
      EXPECT_FALSE(found->second.due.contains(message)) << "missed";
    }
  }

  std::mt19937 random_;
  Subscriptions registry_;
  ModelServer server_;
  std::vector<std::unique_ptr<Client>> clients_;
  bool connected_ = false;
  uint64_t published_ = 0;
};

TEST(SubscriptionsModel, LosesNoMessageAndMistakesNoClientWhateverTheOrder) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Simulation simulation(seed);
    for (int i = 0; i < 1000; ++i) simulation.step();
    simulation.settle();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace forebay::pools
