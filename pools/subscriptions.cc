#include "pools/subscriptions.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace forebay::pools {

Subscriber::~Subscriber() { assert(!listens()); }

Subscriptions::~Subscriptions() { assert(empty()); }

Subscriptions::Added Subscriptions::add(Kind kind, Bytes text, Subscriber& subscriber, size_t max_names) {
  Name* name = find(kind, text);
  if (name != nullptr && subscriber.listens()) {
    const Subscriber::Positions& positions = (*subscriber.listening_)[index(kind)];
    if (const auto found = positions.find(name); found != positions.end()) {
      Member& member = name->members[found->second];
      if (member.waits == 0) return Added::kConfirmed;
      ++member.waits;
      return Added::kWaits;
    }
  }
  if (subscriber.subscriptions() + subscriber.shardSubscriptions() >= max_names) return Added::kTooMany;
  if (name == nullptr) name = &findOrMake(kind, text);
  enter(*name, subscriber);
  if (name->state == State::kActive) return Added::kConfirmed;
  name->members.back().waits = 1;
  if (name->state == State::kWanted) return Added::kWaits;
  name->state = State::kWanted;
  if (!ready_) return Added::kWaits;
  ++name->subscribing;
  return Added::kSubscribe;
}

Subscriptions::Name& Subscriptions::findOrMake(Kind kind, Bytes text) {
  const auto [made, is_new] = names_[index(kind)].try_emplace(std::string(text));
  Name& name = made->second;
  if (is_new) {
    name.text = &made->first;
    name.kind = kind;
  }
  return name;
}

void Subscriptions::enter(Name& name, Subscriber& subscriber) {
  if (!subscriber.listening_) subscriber.listening_ = std::make_unique<Subscriber::Listening>();
  (*subscriber.listening_)[index(name.kind)].emplace(&name, name.members.size());
  name.members.push_back({&subscriber, 0});
  if (++name.listeners == 1) ++listened_[index(name.kind)];
}

Subscriptions::Removed Subscriptions::remove(Kind kind, Bytes text, Subscriber& subscriber) {
  Name* name = find(kind, text);
  if (name == nullptr) return {};
  const Removed removed = leave(*name, subscriber);
  forgetIfDone(*name);
  return removed;
}

void Subscriptions::removeAll(Subscriber& subscriber, const std::function<void(Kind, Bytes)>& unsubscribe) {
  while (subscriber.listens()) {
    Subscriber::Listening& listening = *subscriber.listening_;
    const auto positions = std::find_if(listening.begin(), listening.end(),
                                        [](const Subscriber::Positions& p) { return !p.empty(); });
    Name& name = *positions->begin()->first;
    if (leave(name, subscriber).unsubscribe) unsubscribe(name.kind, *name.text);
    forgetIfDone(name);
  }
}

Subscriptions::Removed Subscriptions::leave(Name& name, Subscriber& subscriber) {
  if (!subscriber.listens()) return {};
  Subscriber::Listening& listening = *subscriber.listening_;
  Subscriber::Positions& positions = listening[index(name.kind)];
  const auto found = positions.find(&name);
  if (found == positions.end()) return {};
  const size_t position = found->second;
  Removed removed{.listened = true, .waited = name.members[position].waits};
  positions.erase(found);
  if (std::all_of(listening.begin(), listening.end(), [](const auto& p) { return p.empty(); }))
    subscriber.listening_.reset();
  if (name.walks > 0) {
    name.members[position] = {nullptr, 0};
    name.holes = true;
  } else {
    takeOut(name, position);
  }
  if (--name.listeners > 0) return removed;
  --listened_[index(name.kind)];
  const State before = std::exchange(name.state, State::kIdle);
  if (ready_ && before != State::kIdle) {
    ++name.unsubscribing;
    removed.unsubscribe = true;
  }
  return removed;
}

// The last member takes the place.
void Subscriptions::takeOut(Name& name, size_t position) {
  std::vector<Member>& members = name.members;
  members[position] = members.back();
  members.pop_back();
  if (position < members.size() && members[position].subscriber != nullptr)
    (*members[position].subscriber->listening_)[index(name.kind)].find(&name)->second = position;
  // Ten thousand may have come and gone.
  if (members.capacity() > 64 && members.size() < members.capacity() / 4) members.shrink_to_fit();
}

void Subscriptions::walked(Name& name) {
  if (name.holes) {
    // From the back, so that what takes a hole's place is no hole itself.
    for (size_t i = name.members.size(); i-- > 0;) {
      if (name.members[i].subscriber == nullptr) takeOut(name, i);
    }
    name.holes = false;
  }
  forgetIfDone(name);
}

// A name without listeners is kept while answers to it are on their way, so that each finds what it answers.
void Subscriptions::forgetIfDone(Name& name) {
  if (name.listeners > 0 || name.walks > 0 || name.subscribing > 0 || name.unsubscribing > 0) return;
  Names& names = names_[index(name.kind)];
  names.erase(names.find(*name.text));
}

// One SUBSCRIBE is answered. True: it was the last one under way, and clients wait for it.
bool Subscriptions::answered(Name& name) {
  if (name.subscribing == 0) return false;  // the server speaks of what nobody has asked
  return --name.subscribing == 0 && name.state == State::kWanted;
}

void Subscriptions::confirmed(Kind kind, Bytes text, const VisitWaiting& visit) {
  Name* name = find(kind, text);
  if (name == nullptr) return;
  const Walk walk(*this, *name);
  if (!answered(*name)) return;
  name->state = State::kActive;
  for (size_t i = 0, end = name->members.size(); i < end; ++i) {
    Member& member = name->members[i];
    const uint32_t waits = std::exchange(member.waits, 0);
    if (member.subscriber != nullptr && waits > 0) visit(*member.subscriber, waits);
  }
}

bool Subscriptions::refused(Kind kind, Bytes text, const VisitWaiting& visit) {
  Name* name = find(kind, text);
  if (name == nullptr) return false;
  const Walk walk(*this, *name);
  if (!answered(*name)) return false;
  // There is nothing on the server to UNSUBSCRIBE from, and who asks for the name while the others are told
  // is the first one again.
  name->state = State::kIdle;
  bool unsubscribe = false;
  for (size_t i = 0, end = name->members.size(); i < end; ++i) {
    Subscriber* subscriber = name->members[i].subscriber;
    if (subscriber == nullptr) continue;
    const Removed removed = leave(*name, *subscriber);
    unsubscribe = removed.unsubscribe;
    visit(*subscriber, removed.waited);
  }
  return unsubscribe;
}

bool Subscriptions::unsubscribed(Kind kind, Bytes text) {
  Name* name = find(kind, text);
  if (name == nullptr) return false;
  if (name->unsubscribing > 0) {
    --name->unsubscribing;
    forgetIfDone(*name);
    return false;
  }
  if (name->state != State::kActive) return false;
  name->state = State::kWanted;
  ++name->subscribing;
  return true;
}

void Subscriptions::upstreamReady(const std::function<void(Kind, Bytes)>& subscribe) {
  ready_ = true;
  for (Names& names : names_) {
    for (auto& [text, name] : names) {
      if (name.state == State::kIdle) continue;
      assert(name.state == State::kWanted && name.subscribing == 0);
      name.subscribing = 1;
      subscribe(name.kind, text);
    }
  }
}

void Subscriptions::upstreamLost() {
  ready_ = false;
  for (Names& names : names_) {
    for (auto& [text, name] : names) {
      name.subscribing = name.unsubscribing = 0;
      if (name.state == State::kActive) name.state = State::kWanted;
    }
    std::erase_if(names,
                  [](const auto& entry) { return entry.second.listeners == 0 && entry.second.walks == 0; });
  }
}

Subscriptions::State Subscriptions::state(Kind kind, Bytes text) const {
  const Names& names = names_[index(kind)];
  const auto found = names.find(text);
  return found == names.end() ? State::kIdle : found->second.state;
}

size_t Subscriptions::listeners(Kind kind, Bytes text) const {
  const Names& names = names_[index(kind)];
  const auto found = names.find(text);
  return found == names.end() ? 0 : found->second.listeners;
}

std::vector<std::string> Subscriptions::names(Kind kind, const Subscriber& subscriber) const {
  std::vector<std::string> texts;
  if (!subscriber.listens()) return texts;
  for (const auto& [name, position] : (*subscriber.listening_)[index(kind)]) texts.push_back(*name->text);
  return texts;
}

void Subscriptions::forEachName(Kind kind, const std::function<void(Bytes, size_t)>& visit) const {
  for (const auto& [text, name] : names_[index(kind)]) {
    if (name.listeners > 0) visit(text, name.listeners);
  }
}

}  // namespace forebay::pools
