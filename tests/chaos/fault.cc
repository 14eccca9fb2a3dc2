#include "tests/chaos/fault.h"

#include <array>

namespace forebay::chaos {
namespace {

constexpr std::array kPostgres{Kind::kKill,        Kind::kTwoKills, Kind::kSwitchover,   Kind::kFreeze,
                               Kind::kNap,         Kind::kIsolate,  Kind::kUsurp,        Kind::kPartition,
                               Kind::kSlowNetwork, Kind::kReset,    Kind::kKillReplicas, Kind::kFillDisk};
constexpr std::array kRedis{Kind::kMasterKill,     Kind::kMasterFreeze,   Kind::kMasterNap,
                            Kind::kMasterIsolate,  Kind::kMasterReset,    Kind::kAskedFailover,
                            Kind::kKillSentinel,   Kind::kFreezeSentinel, Kind::kNoSentinels,
                            Kind::kNoSentinelsKill};

std::string back(const Fault& fault) {
  return fault.rejoin == rig::Rejoin::kRewind ? ", back by pg_rewind" : ", back as a copy";
}

std::string time(const Fault& fault) { return " for " + std::to_string(fault.lasts.count()) + " ms"; }

std::string which(Direction direction) {
  switch (direction) {
    case Direction::kBoth: return "both ways";
    case Direction::kToServer: return "on the way there";
    case Direction::kFromServer: return "on the way back";
  }
  return "?";
}

std::string what(const Fault& fault) {
  switch (fault.kind) {
    case Kind::kKill: return "kill -9 of the primary" + back(fault);
    case Kind::kTwoKills: return "two kills -9 in a row" + back(fault);
    case Kind::kSwitchover: return "switchover" + back(fault);
    case Kind::kFreeze: return "primary frozen" + time(fault) + ", replaced" + back(fault);
    case Kind::kNap: return "primary frozen" + time(fault);
    case Kind::kIsolate: return "primary cut off " + which(fault.direction) + ", replaced" + back(fault);
    case Kind::kUsurp: return "replica promoted beside the primary" + back(fault);
    case Kind::kPartition: return "primary cut off " + which(fault.direction) + time(fault);
    case Kind::kSlowNetwork: return "slow network" + time(fault);
    case Kind::kReset: return fault.harder ? "connections reset" : "connections closed";
    case Kind::kKillReplicas:
      return std::string(fault.harder ? "both replicas" : "a replica") + " gone" + time(fault);
    case Kind::kFillDisk:
      return std::string("disk full, ") + (fault.harder ? "PANIC" : "errors") + time(fault);
    case Kind::kMasterKill: return "kill -9 of the master";
    case Kind::kMasterFreeze: return "master frozen until replaced";
    case Kind::kMasterNap: return "master frozen for less than Sentinels mind";
    case Kind::kMasterIsolate: return "master cut off " + which(fault.direction) + ", replaced";
    case Kind::kMasterReset: return fault.harder ? "connections reset" : "connections closed";
    case Kind::kAskedFailover: return "failover asked for";
    case Kind::kKillSentinel: return "a Sentinel gone" + time(fault);
    case Kind::kFreezeSentinel: return "a Sentinel frozen" + time(fault);
    case Kind::kNoSentinels: return "all Sentinels gone" + time(fault);
    case Kind::kNoSentinelsKill: return "kill -9 of the master, no Sentinel" + time(fault);
  }
  return "?";
}

}  // namespace

std::span<const Kind> postgresKinds() { return kPostgres; }
std::span<const Kind> redisKinds() { return kRedis; }
bool isOfRedis(Kind kind) { return kind >= Kind::kMasterKill; }

std::string describe(const Fault& fault) {
  return (isOfRedis(fault.kind) ? "Redis: " : "PostgreSQL: ") + what(fault);
}

}  // namespace forebay::chaos
