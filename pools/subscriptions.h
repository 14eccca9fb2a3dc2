// Subscriptions knows which clients listen to what, where many share one subscriber connection to a server.
//
// The server is asked to SUBSCRIBE to a name when its first client comes and to UNSUBSCRIBE when its last one
// goes. A client is confirmed only when the server has confirmed the name: from then on no message can be
// missed, and none is delivered to the client before. A name may be left and wanted again while the server's
// answers are still on their way: what counts is the answer to the last SUBSCRIBE.
//
// The caller sends what add() and remove() ask for at once and in that order, tells every answer, and tells
// when the connection is lost and when there is one again. While there is none nothing is asked for: the
// names are only kept, and upstreamReady() hands out all of them. Belongs to one worker; no call does I/O.
//
// Visitors: those of forEach(), confirmed() and refused() may do everything, also remove any client and
// destroy it. Those of removeAll(), upstreamReady() and forEachName() may not call back into the registry.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "pools/key_hash.h"

namespace forebay::pools {

enum class SubscriptionKind : uint8_t {
  kChannel,  // SUBSCRIBE
  kPattern,  // PSUBSCRIBE: a name here is the pattern; the server tells which one a message matched
  kShard,    // SSUBSCRIBE
};
constexpr size_t kSubscriptionKinds = 3;

class Subscriber;

class Subscriptions {
 public:
  using Kind = SubscriptionKind;

  enum class State : uint8_t {
    kIdle,    // nobody listens
    kWanted,  // somebody does, and the server has not confirmed it (yet, or not since the connection was
              // lost)
    kActive,  // the server has confirmed it
  };
  enum class Added : uint8_t {
    kSubscribe,  // the first one: send SUBSCRIBE. confirmed() will visit the client
    kWaits,      // SUBSCRIBE is on its way, or will be: confirmed() will visit the client
    kConfirmed,  // the server's messages come already: confirm the client now
    kTooMany,    // the client listens to as many names as it may
  };
  struct Removed {
    bool listened = false;  // the client did listen to the name
    uint32_t waited = 0;    // as many of its SUBSCRIBEs are not confirmed, and will not be visited any more
    bool unsubscribe = false;  // it was the last one: send UNSUBSCRIBE
  };

  Subscriptions() = default;
  Subscriptions(const Subscriptions&) = delete;
  Subscriptions& operator=(const Subscriptions&) = delete;
  ~Subscriptions();

  // A name that the client has already counts once, but each of its SUBSCRIBEs is to be confirmed.
  // `max_names`: of one client, of all kinds together.
  Added add(Kind kind, Bytes name, Subscriber& subscriber, size_t max_names = SIZE_MAX);
  Removed remove(Kind kind, Bytes name, Subscriber& subscriber);
  // For a client that goes: `unsubscribe` is called with each name to UNSUBSCRIBE from.
  void removeAll(Subscriber& subscriber, const std::function<void(Kind, Bytes)>& unsubscribe);

  // A message has come: visits the clients to give it to. Clients that are added meanwhile are not visited,
  // nor are those that are removed.
  template <typename Visit>
  [[gnu::hot]] void forEach(Kind kind, Bytes name, Visit visit) {
    Name* found = find(kind, name);
    if (found == nullptr) return;
    const Walk walk(*this, *found);
    for (size_t i = 0, end = found->members.size(); i < end; ++i) {
      const Member member = found->members[i];
      if (member.subscriber != nullptr && member.waits == 0) visit(*member.subscriber);
    }
  }

  // A client to confirm to, or to refuse, and how often: once for each SUBSCRIBE that waits. refused() also
  // visits clients that were confirmed on an earlier connection, with 0.
  using VisitWaiting = std::function<void(Subscriber&, uint32_t times)>;
  // The server's answers, each about one name.
  void confirmed(Kind kind, Bytes name, const VisitWaiting& visit);
  // Its clients do not listen any more when they are visited. True: send UNSUBSCRIBE, as one of the visitors
  // has asked for it once more and let it go.
  bool refused(Kind kind, Bytes name, const VisitWaiting& visit);
  // True: the server has ended it by itself (a slot has moved), send SUBSCRIBE again.
  bool unsubscribed(Kind kind, Bytes name);

  // There is a connection, and nothing was sent on it: `subscribe` is called with every name to SUBSCRIBE to.
  // Who was confirmed before is not confirmed again.
  void upstreamReady(const std::function<void(Kind, Bytes)>& subscribe);
  void upstreamLost();

  State state(Kind kind, Bytes name) const;
  size_t listeners(Kind kind, Bytes name) const;                   // clients, also those that wait
  size_t size(Kind kind) const { return listened_[index(kind)]; }  // names with listeners
  bool empty() const { return size(Kind::kChannel) + size(Kind::kPattern) + size(Kind::kShard) == 0; }
  std::vector<std::string> names(Kind kind, const Subscriber& subscriber) const;  // UNSUBSCRIBE of all
  void forEachName(Kind kind, const std::function<void(Bytes name, size_t listeners)>& visit) const;

 private:
  friend class Subscriber;

  struct Member {
    Subscriber* subscriber;  // null: has left while somebody walks here
    uint32_t waits;          // its SUBSCRIBEs that are not confirmed
  };
  struct Name {
    const std::string* text = nullptr;  // the key in names_
    Kind kind = Kind::kChannel;
    State state = State::kIdle;
    bool holes = false;
    uint16_t walks = 0;          // how many walk through `members` now: no member may move
    uint32_t subscribing = 0;    // SUBSCRIBEs that the server has not answered
    uint32_t unsubscribing = 0;  // UNSUBSCRIBEs
    size_t listeners = 0;        // members without the holes
    std::vector<Member> members;
  };
  using Names = std::unordered_map<std::string, Name, NameHash, std::equal_to<>>;

  // Keeps the members of a name where they are, and the name itself, for as long as it lives.
  class Walk {
   public:
    Walk(Subscriptions& owner, Name& name) : owner_(owner), name_(name) { ++name_.walks; }
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;
    ~Walk() {
      if (--name_.walks == 0) owner_.walked(name_);
    }

   private:
    Subscriptions& owner_;
    Name& name_;
  };

  static size_t index(Kind kind) { return static_cast<size_t>(kind); }
  Name* find(Kind kind, Bytes name) {
    Names& names = names_[index(kind)];
    const auto found = names.find(name);
    return found == names.end() ? nullptr : &found->second;
  }
  Name& findOrMake(Kind kind, Bytes name);
  void enter(Name& name, Subscriber& subscriber);
  Removed leave(Name& name, Subscriber& subscriber);
  static void takeOut(Name& name, size_t position);
  bool answered(Name& name);
  void walked(Name& name);
  void forgetIfDone(Name& name);

  std::array<Names, kSubscriptionKinds> names_;
  std::array<size_t, kSubscriptionKinds> listened_{};
  bool ready_ = false;
};

// What the gateway's client derives from. Takes one pointer until it subscribes, and again when it listens to
// nothing. Must have left its registry before it is destroyed: removeAll().
class Subscriber {
 public:
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  bool listens() const { return listening_ != nullptr; }
  // As Redis counts in its confirmations: channels and patterns together, shard channels apart.
  size_t subscriptions() const {
    return count(SubscriptionKind::kChannel) + count(SubscriptionKind::kPattern);
  }
  size_t shardSubscriptions() const { return count(SubscriptionKind::kShard); }
  size_t countFor(SubscriptionKind kind) const {
    return kind == SubscriptionKind::kShard ? shardSubscriptions() : subscriptions();
  }
  bool listensTo(SubscriptionKind kind) const { return count(kind) > 0; }
  size_t count(SubscriptionKind kind) const {
    return listening_ ? (*listening_)[static_cast<size_t>(kind)].size() : 0;
  }

 protected:
  Subscriber() = default;
  ~Subscriber();

 private:
  friend class Subscriptions;
  // Where it stands among the members of each name.
  using Positions = std::unordered_map<Subscriptions::Name*, size_t>;
  using Listening = std::array<Positions, kSubscriptionKinds>;

  std::unique_ptr<Listening> listening_;
};

}  // namespace forebay::pools
