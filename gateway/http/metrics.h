// The metrics of one Snapshot, under the names that operators build dashboards and alerts on: names here are
// promises. https://prometheus.io/docs/practices/naming/: base units, counters end in _total, HELP and TYPE
// on each.
#pragma once

#include <string>
#include <vector>

#include <prometheus/collectable.h>

#include "gateway/admin/snapshot.h"
#include "gateway/http/metric_family.h"

namespace forebay::http {

// What prometheus-cpp asks when it scrapes. The query path never sees it: all was counted elsewhere.
class SnapshotMetrics : public prometheus::Collectable {
 public:
  explicit SnapshotMetrics(const admin::Snapshot& snapshot) : snapshot_(snapshot) {}  // must outlive this
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const admin::Snapshot& snapshot_;
};

// The whole answer to GET /metrics, in Prometheus' text format 0.0.4.
std::string metricsText(const admin::Snapshot& snapshot);

// Each in the file of its name: gateway/http/metrics_pool.cc, ...
void appendPoolMetrics(Families& out, const admin::Snapshot& snapshot);
void appendProcessMetrics(Families& out, const admin::Snapshot& snapshot);
void appendFailoverMetrics(Families& out, const admin::Snapshot& snapshot);
void appendRedisMetrics(Families& out, const admin::Snapshot& snapshot);
void appendRedisNodeMetrics(Families& out, const admin::Snapshot& snapshot);

}  // namespace forebay::http
