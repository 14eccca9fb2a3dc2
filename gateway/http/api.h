// Api: what each HTTP endpoint answers. Knows no sockets, so a test can ask it directly.
//
//     GET /metrics       Prometheus text
//     GET /livez         200 while the control thread turns, whatever the databases do
//     GET /readyz        200 unless starting, draining, or no database and no cache at all can be served
//                        or held for
//     GET /health        the same, with a JSON body on each database and cache; /api/health is an alias
//     GET /cache/health  the same of the caches alone
//     GET /api/pools     each pool and cache as JSON
//     GET /api/topology  the servers of each database whose roles are discovered, and what failover did
//     GET /api/events    what happened to them last
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "gateway/admin/fleet.h"

namespace forebay::http {

struct Request {
  std::string method;  // HEAD is answered as GET: the server leaves out the body
  std::string path;    // without the query string
};

struct Response {
  unsigned status = 200;
  std::string content_type;
  std::string body;
  std::string allow;  // the Allow header of a 405
};

using Respond = std::function<void(Response)>;

class Api {
 public:
  explicit Api(admin::Fleet& fleet) : fleet_(fleet) {}

  // Calls `respond` exactly once, at once or when the workers have answered.
  void handle(const Request& request, const Respond& respond) const;

 private:
  admin::Fleet& fleet_;
};

Response jsonError(unsigned status, std::string_view message);  // {"error": "..."}

}  // namespace forebay::http
