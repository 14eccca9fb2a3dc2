// The control thread and the roles of PostgreSQL servers: what the probes find out goes to all workers.
#include "gateway/control.h"

#include <algorithm>

namespace forebay {

namespace {

constexpr size_t kEventsKept = 1000;

}  // namespace

Status Control::watchTopologies() {
  Result<probe::MemoryFile> memory = probe::MemoryFile::open(settings_->config->state_dir);
  if (!memory) return Error{memory.error()};
  probe::PostgresProbes::Told told;
  told.changed = [this](const std::vector<std::string>& entries, const failover::TopologyPtr& topology) {
    topologyChanged(entries, topology);
  };
  told.measured = [this](const std::vector<std::string>& entries, const failover::TopologyPtr& topology) {
    publishTopology(entries, topology, &postgres::PostgresWorker::topologyMeasured);
  };
  told.event = [this](const std::string& database, const failover::Event& event) {
    noteEvent(database, event);
  };
  told.problem = [this](const std::string& problem) { log_->warning() << problem; };
  probes_ = std::make_unique<probe::PostgresProbes>(loop_, std::move(*memory), std::move(told));
  shared_.doubt = [this](const std::string& entry, const conf::HostPort& host) {
    loop_.mailbox().post([this, entry, host] {
      if (probes_) probes_->doubt(entry, host);
    });
  };
  probes_->apply(*settings_->config);
  return Ok{};
}

void Control::topologyChanged(const std::vector<std::string>& entries,
                              const failover::TopologyPtr& topology) {
  // What the workers' own attempts met before is out of date where a server has answered since.
  if (topology)
    for (const failover::Node& node : topology->nodes)
      if (node.state == failover::NodeState::kUp) shared_.health.succeeded(node.host);
  publishTopology(entries, topology, &postgres::PostgresWorker::topologyChanged);
}

void Control::publishTopology(const std::vector<std::string>& entries, const failover::TopologyPtr& topology,
                              TakeTopology take) {
  for (const std::string& entry : entries) shared_.topologies.set(entry, topology);
  for (auto& worker : workers_)
    worker->postgres().post(
        [entries, topology, take](postgres::PostgresWorker& there) { (there.*take)(entries, topology); });
}

void Control::promote(std::string_view database, const conf::HostPort& host, probe::PromotionDone done) {
  const conf::Database* entry = settings_->config->findDatabase(database);
  probe::PostgresCluster* cluster = probes_ && entry != nullptr ? probes_->of(entry->name) : nullptr;
  if (cluster == nullptr)
    return done({"55000",
                 "the servers of database " + std::string(database) + " are not asked for their roles",
                 "So nobody knows which of them is the primary.",
                 "List all of them in hosts, and leave out target_session_attrs = \"any\"."});
  const auto node = std::ranges::find(cluster->hosts(), host);
  if (node == cluster->hosts().end())
    return done(
        {"55000", "the hosts of database " + std::string(database) + " have just changed", "", "Ask again."});
  cluster->promote(static_cast<size_t>(node - cluster->hosts().begin()), std::move(done));
}

void Control::noteEvent(const std::string& database, const failover::Event& event) {
  events_.push_back({std::chrono::system_clock::now(), database, event.node, event.what});
  if (events_.size() > kEventsKept) events_.pop_front();
  log_->info() << "topology of " << database << ": " << event.node << (event.node.empty() ? "" : " ")
               << event.what;
}

void Control::fillTopologies(admin::Snapshot& snapshot) {
  if (!probes_) return;
  probes_->forEach([&](const std::string& database, const probe::PostgresCluster& cluster) {
    const failover::PrimaryMonitor& monitor = cluster.monitor();
    const failover::History& history = monitor.history();
    admin::DatabaseTopology& row = snapshot.topology(database);
    row.topology = std::make_shared<const failover::Topology>(monitor.topology());
    row.primary_changes = history.switches;
    row.outages = history.outages;
    row.outage_time = history.outage_time;
    row.last_outage = history.last_outage;
    row.target = conf::targetOf(settings_->config->postgres.databases.at(database));
    row.hold_timeout = settings_->config->failover.hold_timeout;
  });
  snapshot.events.assign(events_.begin(), events_.end());
}

}  // namespace forebay
