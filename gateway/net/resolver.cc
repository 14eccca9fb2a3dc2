#include "gateway/net/resolver.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace forebay::net {

Resolver::Ticket& Resolver::Ticket::operator=(Ticket&& other) noexcept {
  if (this == &other) return *this;
  cancel();
  waiter_ = std::exchange(other.waiter_, {});
  return *this;
}

void Resolver::Ticket::cancel() {
  if (const std::shared_ptr<Waiter> waiter = waiter_.lock()) waiter->done = nullptr;
  waiter_.reset();
}

bool Resolver::Ticket::waiting() const {
  const std::shared_ptr<Waiter> waiter = waiter_.lock();
  return waiter && waiter->done;
}

Resolver::Ticket Resolver::resolve(const conf::HostPort& host, Instant now, Done done) {
  if (host.isUnix()) {
    const std::optional<SocketAddress> address = SocketAddress::unixSocket(host.host, host.port);
    if (address)
      done(Addresses{*address});
    else
      done(Error{"the path of the Unix socket " + host.host + " is too long"});
    return {};
  }
  if (const std::optional<SocketAddress> address = SocketAddress::parse(host.host, host.port)) {
    done(Addresses{*address});
    return {};
  }
  Entry& entry = entries_[host.host];
  if (now < entry.expires && !entry.asked) {
    done(answer(host.host, entry, host.port));
    return {};
  }
  auto waiter = std::make_shared<Waiter>(Waiter{host.port, std::move(done)});
  Ticket ticket{waiter};
  std::erase_if(entry.waiters, [](const auto& other) { return !other->done; });
  entry.waiters.push_back(std::move(waiter));
  if (!std::exchange(entry.asked, true)) {
    lookup_->start(host.host, [this, name = host.host](LookupResult result, Instant at) {
      onLookup(name, std::move(result), at);
    });
  }
  return ticket;
}

Result<Resolver::Addresses> Resolver::answer(const std::string& name, Entry& entry, uint16_t port) {
  if (entry.addresses.empty()) return Error{"host " + name + ": " + entry.error};
  Addresses out = entry.addresses;
  std::rotate(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(entry.next++ % out.size()), out.end());
  for (SocketAddress& address : out) address.setPort(port);
  return out;
}

void Resolver::onLookup(const std::string& name, LookupResult result, Instant now) {
  Entry& entry = entries_.find(name)->second;
  store(entry, std::move(result), now);
  std::vector<std::pair<std::shared_ptr<Waiter>, Result<Addresses>>> answers;
  for (std::shared_ptr<Waiter>& waiter : std::exchange(entry.waiters, {}))
    if (waiter->done) answers.emplace_back(waiter, answer(name, entry, waiter->port));
  // From here on nothing of ours is touched: a waiter may cancel others, ask again, or destroy the Resolver.
  for (auto& [waiter, addresses] : answers)
    if (Done done = std::exchange(waiter->done, nullptr)) done(std::move(addresses));
}

void Resolver::store(Entry& entry, LookupResult result, Instant now) const {
  using Outcome = LookupResult::Outcome;
  entry.asked = false;
  entry.expires = now + (result.outcome == Outcome::kFound ? ttl_.found : ttl_.not_found);
  if (result.outcome == Outcome::kFailed && !entry.addresses.empty()) return;  // better old ones than none
  entry.addresses = std::move(result.addresses);
  entry.error = std::move(result.error);
}

std::vector<Resolver::Known> Resolver::known(Instant now) const {
  std::vector<Known> out;
  for (const auto& [name, entry] : entries_)
    out.push_back({name, entry.expires > now ? entry.expires - now : Duration::zero(), entry.addresses});
  return out;
}

size_t Resolver::pendingNames() const {
  return static_cast<size_t>(
      std::count_if(entries_.begin(), entries_.end(), [](const auto& known) { return known.second.asked; }));
}

void Resolver::forgetExpired(Instant now) {
  std::erase_if(entries_,
                [now](const auto& known) { return !known.second.asked && known.second.expires <= now; });
}

}  // namespace forebay::net
