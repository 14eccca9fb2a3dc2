#include "gateway/net/name_lookup.h"

#include <netdb.h>

#include <algorithm>
#include <utility>

namespace forebay::net {
namespace {

LookupResult resultOf(int status, const addrinfo* found) {
  using Outcome = LookupResult::Outcome;
  LookupResult out;
  for (const addrinfo* entry = found; status == 0 && entry != nullptr; entry = entry->ai_next)
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6)
      out.addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
  if (!out.addresses.empty()) {
    out.outcome = Outcome::kFound;
  } else if (status == 0 || status == UV_EAI_NONAME || status == UV_EAI_NODATA) {
    out.outcome = Outcome::kNotFound;
    out.error = "no such host";
  } else {
    out.outcome = Outcome::kFailed;
    out.error = uv_strerror(status);
  }
  return out;
}

}  // namespace

UvNameLookup::UvNameLookup(uv_loop_t* loop) : loop_(loop) {}

UvNameLookup::~UvNameLookup() {
  for (Request* request : requests_) {
    request->owner = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&request->native));  // where no thread has begun yet
  }
}

void UvNameLookup::start(const std::string& name, Done done) {
  auto request = std::make_unique<Request>();
  request->owner = this;
  request->done = std::move(done);
  request->native.data = request.get();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // else each address comes once per kind of socket
  const int status = uv_getaddrinfo(loop_, &request->native, onAnswer, name.c_str(), nullptr, &hints);
  if (status != 0) return request->done(resultOf(status, nullptr), Clock::now());
  requests_.push_back(request.release());
}

void UvNameLookup::onAnswer(uv_getaddrinfo_t* native, int status, addrinfo* found) {
  const std::unique_ptr<Request> request(static_cast<Request*>(native->data));
  LookupResult result = resultOf(status, found);
  uv_freeaddrinfo(found);
  if (request->owner == nullptr) return;
  std::erase(request->owner->requests_, request.get());
  request->done(std::move(result), Clock::now());  // last: it may destroy the owner
}

}  // namespace forebay::net
