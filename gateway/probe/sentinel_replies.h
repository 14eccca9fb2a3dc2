// What Sentinels and Redis answer to the questions of a probe. Pure functions over whole values of RESP2,
// tolerant of what later versions add.
//
// https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/#sentinel-api
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "conf/network.h"
#include "failover/redis_master.h"

namespace forebay::probe {

// The questions about a name, and their replies in the same order: get-master-addr-by-name and MASTER, and of
// the long one also MYID, REPLICAS and SENTINELS.
constexpr size_t kShortReplies = 2, kLongReplies = 5;
std::string askSentinel(const std::string& name, bool lists);

struct SentinelReply {
  enum class Kind : uint8_t {
    kWord,
    kUnaware,  // it does not know the name
    kRefused,  // `error` has its words
  };
  Kind kind = Kind::kRefused;
  failover::SentinelWord word{};
  std::string error{};
};
SentinelReply readSentinel(const std::vector<std::string>& replies);

// What a Sentinel publishes, as far as it is about the name.
struct SentinelHint {
  std::optional<conf::HostPort> selected{};  // the replica that is to become primary
};
extern const std::string kSubscribeToHints;
std::optional<SentinelHint> readHint(Bytes message, const std::string& name);

// Three ways to ask a Redis what it is: users may be forbidden some of them.
enum class RoleQuestion : uint8_t { kRole, kHello, kInfo };
std::string askRole(RoleQuestion question);
// Nothing: the answer is an error, or not understood.
std::optional<failover::RedisFacts> readRole(RoleQuestion question, Bytes reply);

}  // namespace forebay::probe
