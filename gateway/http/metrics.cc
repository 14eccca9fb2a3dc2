#include "gateway/http/metrics.h"

#include <prometheus/text_serializer.h>

namespace forebay::http {

std::vector<prometheus::MetricFamily> SnapshotMetrics::Collect() const {
  Families out;
  appendProcessMetrics(out, snapshot_);
  appendPoolMetrics(out, snapshot_);
  appendFailoverMetrics(out, snapshot_);
  appendRedisMetrics(out, snapshot_);
  appendRedisNodeMetrics(out, snapshot_);
  return out;
}

std::string metricsText(const admin::Snapshot& snapshot) {
  return prometheus::TextSerializer().Serialize(SnapshotMetrics(snapshot).Collect());
}

}  // namespace forebay::http
