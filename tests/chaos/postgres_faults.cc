#include "tests/chaos/postgres_faults.h"

#include "tests/chaos/steps.h"
#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"

namespace forebay::chaos {
namespace {

using rig::PostgresServer;
using rig::RegisterClients;
using rig::Relay;
using Clock = std::chrono::steady_clock;

// The same servers three times: reads go to the primary, or to replicas that are new enough for the session,
// or for everybody.
constexpr const char *kOfPrimary = "app", *kSplit = "split", *kStrong = "strong";
constexpr const char* kDiskFull = "53100";
constexpr milliseconds kRest(20);  // fifty that hardly rest would be a fault of their own
constexpr size_t kSlow = 20'000;   // bytes per second

}  // namespace

// One fault, from the clients' first login to their last answer.
class PostgresFaults::Round {
 public:
  Round(const Fault& fault, PostgresCluster& cluster, rig::Forebay& forebay, int count)
      : fault_(fault),
        cluster_(cluster),
        forebay_(forebay),
        former_(cluster.primary()),
        said_(forebay.log().size()),
        clients_(routes(forebay), count, fault.client_seed, kRest) {}

  Result run() {
    return throughFault(
        fault_, clients_, forebay_, cluster_, [this] { inflict(); }, [this] { return judge(); });
  }

 private:
  static std::vector<RegisterClients::Route> routes(const rig::Forebay& forebay) {
    return {{forebay.conninfo(kOfPrimary), rig::Reads::kNewest},
            {forebay.conninfo(kSplit), rig::Reads::kSession},
            {forebay.conninfo(kStrong), rig::Reads::kOwnWrites}};
  }

  void inflict() {
    switch (fault_.kind) {
      case Kind::kKill: return kill();
      case Kind::kTwoKills: return killTwice();
      case Kind::kSwitchover: return switchOver();
      case Kind::kFreeze: return freeze();
      case Kind::kNap: return nap();
      case Kind::kIsolate: return isolate();
      case Kind::kUsurp: return usurp();
      case Kind::kPartition: return partition();
      case Kind::kSlowNetwork: return slowDown();
      case Kind::kReset: return reset();
      case Kind::kKillReplicas: return killReplicas();
      case Kind::kFillDisk: return fillDisk();
      default: rig::fail("no fault of PostgreSQL");
    }
  }

  void promote() {
    cluster_.promoteFurthest();
    replaced_ = Clock::now();
  }

  void rejoin(PostgresServer& server) {
    if (&server == &former_) rejoined_ = Clock::now();
    cluster_.rejoin(server, fault_.rejoin);
  }

  void kill() {
    clients_.disturb([&] { former_.stop(rig::Stop::kKill); });
    promote();
    clients_.awaitProgress();
    rejoin(former_);
  }

  void killTwice() {
    clients_.disturb([&] { former_.stop(rig::Stop::kKill); });
    promote();
    cluster_.awaitReplica();  // until then nothing that the second acknowledges is anywhere else
    clients_.awaitProgress();
    PostgresServer& second = cluster_.primary();
    clients_.disturb([&] { second.stop(rig::Stop::kKill); });
    promote();
    PostgresServer& third = cluster_.primary();
    PostgresCluster::doWithoutReplica(third);
    clients_.awaitProgress();
    for (PostgresServer* each : {&former_, &second}) rejoin(*each);
    PostgresCluster::needReplica(third);
  }

  void switchOver() {
    clients_.disturb([&] { former_.stop(rig::Stop::kFast); });
    promote();
    clients_.awaitProgress();
    rejoin(former_);
  }

  // Thawed, it goes on where it was: a primary with open connections.
  void freeze() {
    clients_.disturb([&] {
      former_.freeze();
      rest(fault_.lasts);
      promote();
      clients_.awaitProgress();
    });
    former_.thaw();
    leaveFormerBehind();
  }

  void nap() {
    former_.freeze();
    rest(fault_.lasts);
    former_.thaw();
  }

  // The manager cannot reach it either, and it goes on as if nothing had happened.
  void isolate() {
    Relay& wire = cluster_.wireTo(former_);
    clients_.disturb([&] {
      pause(wire, fault_.direction);
      promote();
      clients_.awaitProgress();
    });
    wire.resume();
    leaveFormerBehind();
  }

  void usurp() {
    clients_.disturb([&] {
      promote();
      awaitFenced();
    });
    replaced_ = Clock::now();  // until then it may have answered reads
    PostgresCluster::doWithoutReplica(former_);
    clients_.awaitProgress();
    rejoin(former_);
  }

  // Nothing was promised of the time; only that nobody gets an error.
  void partition() {
    Relay& wire = cluster_.wireTo(former_);
    pause(wire, fault_.direction);
    rest(fault_.lasts);
    wire.resume();
  }

  void slowDown() {
    Relay& wire = cluster_.wireTo(former_);
    wire.slowDown(kSlow);
    rest(fault_.lasts);
    wire.slowDown(0);
  }

  void reset() {
    Relay& wire = cluster_.wireTo(former_);
    clients_.disturb([&] { fault_.harder ? wire.reset() : wire.cut(); });
  }

  void killReplicas() {
    std::vector<PostgresServer*> gone = cluster_.replicas();
    if (!fault_.harder) gone.resize(1);
    for (PostgresServer* each : gone) each->stop(rig::Stop::kKill);
    rest(fault_.lasts);
    for (PostgresServer* each : gone) each->start();
  }

  void fillDisk() {
    clients_.disturb(
        [&] {
          const size_t from = former_.log().size();
          const char* const sign = fault_.harder ? "PANIC" : "No space left on device";
          const bool noticed = rig::eventually([&] {
            former_.disk().fill();
            if (fault_.harder) useUpWal();
            return former_.log().find(sign, from) != std::string::npos;
          });
          if (!noticed) rig::fail("the disk is full, and PostgreSQL does not say so:\n" + former_.log());
          rest(fault_.lasts);
          makeRoom();
        },
        {kDiskFull});
  }

  void useUpWal() {
    try {
      rig::Connection(quietly(former_)).run("select pg_logical_emit_message(false, '', ''), pg_switch_wal()");
    } catch (const rig::RigError&) {  // it goes down with the server
    }
  }

  // Without the warning that a server gives its clients on its way down.
  static std::string quietly(const PostgresServer& server) {
    return server.conninfo() + " options='-c client_min_messages=error'";
  }

  // Recovery needs room, too, so PostgreSQL may have given up.
  void makeRoom() {
    former_.disk().free();
    const bool back = rig::eventually([&] {
      if (!former_.running()) former_.start();
      return rig::Connection::tryConnect(quietly(former_)).empty();
    });
    if (!back) rig::fail("with room again PostgreSQL does not come back:\n" + former_.log());
  }

  // Nobody may get anything out of it any more, though it would acknowledge whatever it is given.
  void leaveFormerBehind() {
    PostgresCluster::doWithoutReplica(former_);
    awaitFenced();
    clients_.awaitProgress();
    rejoin(former_);
  }

  void awaitFenced() {
    const std::string address = "127.0.0.1:" + std::to_string(cluster_.wireTo(former_).port());
    said_ = forebay_.process().waitForOutput(address + " primary, fenced", said_);
  }

  Result judge() {
    const rig::History history = clients_.stop();
    Result result = resultOf(history);
    result.violations = violationsOf(history, RegisterClients::journalOf(cluster_.primary()));
    if (replaced_ != rig::SteadyTime{}) {
      const int stale = history.acknowledgedBy(former_.port(), replaced_, rejoined_);
      if (stale > 0)
        result.violations.push_back(std::to_string(stale) + " answers came from the old primary");
    }
    return result;
  }

  const Fault& fault_;
  PostgresCluster& cluster_;
  rig::Forebay& forebay_;
  PostgresServer& former_;                                          // primary when it began
  size_t said_;                                                     // by the gateway, before
  rig::SteadyTime replaced_{}, rejoined_ = rig::SteadyTime::max();  // former_
  RegisterClients clients_;
};

PostgresFaults::PostgresFaults(int clients, std::string no_small_disks)
    : clients_(clients), no_small_disks_(std::move(no_small_disks)), cluster_(no_small_disks_.empty()) {
  RegisterClients::prepare(cluster_.primary(), clients_);
}

void PostgresFaults::configure(rig::ForebayConfig& config) const {
  for (const std::string name : {kOfPrimary, kSplit, kStrong}) {
    rig::TomlTable& database = config.databases[name];
    database["hosts"] = cluster_.hosts();
    database["dbname"] = "postgres";
    database["user"] = "postgres";
    if (name != kOfPrimary) database["reads"] = "replicas";
    if (name == kStrong) database["consistency"] = "strong";
  }
  config.postgres["default_pool_size"] = 8;
}

Result PostgresFaults::run(const Fault& fault, rig::Forebay& forebay) {
  if (fault.kind == Kind::kFillDisk && !no_small_disks_.empty()) return {.skipped = no_small_disks_};
  RegisterClients::clear(cluster_.primary());
  cluster_.awaitHealthy();  // what was there before may be read of a replica no more
  return Round(fault, cluster_, forebay, clients_).run();
}

}  // namespace forebay::chaos
