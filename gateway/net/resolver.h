// Resolver turns the hosts of the settings into addresses, and remembers them for dns_max_ttl.
//
// Numeric addresses and Unix sockets are answered at once. One name is asked for once at a time, however many
// wait for it. Of several addresses each answer begins with the next one, so connections spread over all of
// them; the order is kept otherwise, for callers that try one after the other. While the system cannot
// answer, the addresses known last stay good; a name that does not exist is forgotten, and remembered as that
// for dns_nxdomain_ttl. One per loop, not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "conf/config.h"
#include "gateway/net/name_lookup.h"
#include "gateway/net/socket_address.h"

namespace forebay::net {

class Resolver {
  struct Waiter;

 public:
  struct Ttl {
    Duration found = seconds(15);      // dns_max_ttl; zero: ask every time
    Duration not_found = seconds(15);  // dns_nxdomain_ttl
  };
  using Addresses = std::vector<SocketAddress>;
  using Done = std::function<void(Result<Addresses>)>;

  // Whoever waits holds one; when it is destroyed, the answer is no longer wanted. May outlive the Resolver.
  class Ticket {
   public:
    Ticket() = default;
    explicit Ticket(std::weak_ptr<Waiter> waiter) : waiter_(std::move(waiter)) {}
    Ticket(Ticket&& other) noexcept : waiter_(std::exchange(other.waiter_, {})) {}
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket() { cancel(); }
    void cancel();
    bool waiting() const;

   private:
    std::weak_ptr<Waiter> waiter_;
  };

  Resolver(std::unique_ptr<NameLookup> lookup, Ttl ttl) : lookup_(std::move(lookup)), ttl_(ttl) {}

  static Ttl ttlOf(const conf::PostgresSettings& settings) {
    return {settings.dns_max_ttl, settings.dns_nxdomain_ttl};
  }
  // For answers from now on.
  void setTtl(Ttl ttl) { ttl_ = ttl; }

  // Calls `done` once, with at least one address or an error; before it returns when the answer is known.
  [[nodiscard]] Ticket resolve(const conf::HostPort& host, Instant now, Done done);

  // What SHOW DNS_HOSTS shows: every name asked for, in order of names.
  struct Known {
    std::string name;
    Duration ttl{};       // until it is asked for again; zero when it has run out
    Addresses addresses;  // none: no such host, or not answered yet
  };
  std::vector<Known> known(Instant now) const;
  size_t names() const { return entries_.size(); }
  size_t pendingNames() const;

  // Drops names that nobody asked for since they ran out, such as those of hosts that a reload removed.
  void forgetExpired(Instant now);

 private:
  struct Waiter {
    uint16_t port = 0;
    Done done;  // empty once cancelled or answered
  };
  struct Entry {
    Addresses addresses;
    std::string error;  // why there are none
    Instant expires = Instant::min();
    size_t next = 0;  // where the next answer begins
    bool asked = false;
    std::vector<std::shared_ptr<Waiter>> waiters;
  };

  static Result<Addresses> answer(const std::string& name, Entry& entry, uint16_t port);
  void onLookup(const std::string& name, LookupResult result, Instant now);
  void store(Entry& entry, LookupResult result, Instant now) const;

  std::unique_ptr<NameLookup> lookup_;
  Ttl ttl_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace forebay::net
