// The control thread and the roles of PostgreSQL servers: what the probes find out goes to all workers.
#include <algorithm>

#include "gateway/control.h"

namespace forebay {

Status Control::watchTopologies() {
  Result<probe::MemoryFile> memory = probe::MemoryFile::open(settings_->config->state_dir);
  if (!memory) return Error{memory.error()};
  probe::PostgresProbes::Told told;
  told.changed = [this](const std::vector<std::string>& entries, const failover::TopologyPtr& topology) {
    topologyChanged(entries, topology);
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
  for (const std::string& entry : entries) shared_.topologies.set(entry, topology);
  // What the workers' own attempts met before is out of date where a server has answered since.
  if (topology)
    for (const failover::Node& node : topology->nodes)
      if (node.state == failover::NodeState::kUp) shared_.health.succeeded(node.host);
  for (auto& worker : workers_)
    worker->postgres().post(
        [entries, topology](postgres::PostgresWorker& there) { there.topologyChanged(entries, topology); });
}

void Control::noteEvent(const std::string& database, const failover::Event& event) {
  log_->info() << "topology of " << database << ": " << event.node << (event.node.empty() ? "" : " ")
               << event.what;
}

}  // namespace forebay
