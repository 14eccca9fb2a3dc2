#include "gateway/http/api.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/http/health.h"
#include "gateway/http/json.h"
#include "gateway/http/metrics.h"

namespace forebay::http {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kMetrics = "text/plain; version=0.0.4; charset=utf-8";

Response make(unsigned status, std::string_view content_type, std::string body) {
  return {status, std::string(content_type), std::move(body), ""};
}

unsigned statusOf(const Health& health) { return health.ready ? 200 : 503; }

Response metrics(const admin::Snapshot& snapshot) { return make(200, kMetrics, metricsText(snapshot)); }

Response readyz(const admin::Snapshot& snapshot) {
  const Health health = judge(snapshot);
  return make(statusOf(health), kText, std::string(health.reason) + "\n");
}

Response health(const admin::Snapshot& snapshot) {
  const Health judged = judge(snapshot);
  return make(statusOf(judged), kJson, healthJson(judged));
}

Response cacheHealth(const admin::Snapshot& snapshot) {
  const Health judged = judgeCaches(snapshot);
  return make(statusOf(judged), kJson, cachesHealthJson(judged));
}

Response pools(const admin::Snapshot& snapshot) { return make(200, kJson, poolsJson(snapshot)); }
Response topology(const admin::Snapshot& snapshot) { return make(200, kJson, topologyJson(snapshot)); }
Response events(const admin::Snapshot& snapshot) { return make(200, kJson, eventsJson(snapshot)); }

struct Endpoint {
  std::string_view path;
  Response (*of)(const admin::Snapshot&);
};
constexpr std::array kEndpoints{
    Endpoint{"/metrics", metrics},
    Endpoint{"/readyz", readyz},
    Endpoint{"/health", health},
    Endpoint{"/api/health", health},
    Endpoint{"/cache/health", cacheHealth},
    Endpoint{"/api/pools", pools},
    Endpoint{"/api/topology", topology},
    Endpoint{"/api/events", events},
};
constexpr std::string_view kLivez =
    "/livez";  // asks nobody, so that a stuck worker does not restart the others

}  // namespace

Response jsonError(unsigned status, std::string_view message) {
  return make(status, kJson, errorJson(message));
}

void Api::handle(const Request& request, const Respond& respond) const {
  const auto endpoint = std::find_if(kEndpoints.begin(), kEndpoints.end(),
                                     [&](const Endpoint& e) { return e.path == request.path; });
  if (endpoint == kEndpoints.end() && request.path != kLivez)
    return respond(jsonError(404, "there is nothing at " + request.path));
  if (request.method != "GET" && request.method != "HEAD") {
    Response refusal = jsonError(405, request.method + " is not possible here, only GET and HEAD");
    refusal.allow = "GET, HEAD";
    return respond(std::move(refusal));
  }
  if (request.path == kLivez) return respond(make(200, kText, "ok\n"));
  fleet_.collect(admin::Detail::kPools,
                 [of = endpoint->of, respond](const admin::Snapshot& snapshot) { respond(of(snapshot)); });
}

}  // namespace forebay::http
