// NameLookup asks the system for the addresses of a host name, without blocking the loop.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "gateway/net/socket_address.h"

namespace forebay::net {

struct LookupResult {
  enum class Outcome : uint8_t {
    kFound,     // `addresses` holds at least one, in the system's order of preference, with port 0
    kNotFound,  // there is no such name, or it has no address
    kFailed,    // no answer: the name may well exist
  };
  Outcome outcome = Outcome::kFailed;
  std::vector<SocketAddress> addresses;
  std::string error;  // for a person, unless found
};

class NameLookup {
 public:
  using Done = std::function<void(LookupResult result, Instant now)>;

  virtual ~NameLookup() = default;  // nothing is called afterwards
  // Calls `done` once, on the loop's thread; before it returns when the system refuses to look at all.
  virtual void start(const std::string& name, Done done) = 0;
};

// getaddrinfo() in libuv's thread pool. The loop must run until libuv is through with what is under way, even
// after the object is gone: a query that a thread has begun cannot be called back.
class UvNameLookup : public NameLookup {
 public:
  explicit UvNameLookup(uv_loop_t* loop);
  ~UvNameLookup() override;
  UvNameLookup(const UvNameLookup&) = delete;
  UvNameLookup& operator=(const UvNameLookup&) = delete;

  void start(const std::string& name, Done done) override;

 private:
  struct Request {
    uv_getaddrinfo_t native;
    UvNameLookup* owner;  // null once nobody wants the answer
    Done done;
  };
  static void onAnswer(uv_getaddrinfo_t* native, int status, addrinfo* found);

  uv_loop_t* loop_;
  std::vector<Request*> requests_;  // each is deleted in its own callback
};

}  // namespace forebay::net
