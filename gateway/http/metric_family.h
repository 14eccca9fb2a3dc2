// Shorthand for building prometheus-cpp's metric families out of numbers that were counted elsewhere.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

#include "base/histogram.h"
#include "gateway/admin/snapshot.h"

namespace forebay::http {

using Families = std::vector<prometheus::MetricFamily>;
using Labels = std::vector<prometheus::ClientMetric::Label>;

// One family under construction: the name stands in the text once, whatever the number of its series.
class Family {
 public:
  Family(Families& out, std::string_view name, std::string_view help, prometheus::MetricType type);

  void add(Labels labels, double value);
  void add(Labels labels, const HistogramSnapshot& durations);  // in seconds

 private:
  prometheus::ClientMetric& addSeries(Labels labels);

  Families& out_;
  size_t index_;
};

inline Family gauge(Families& out, std::string_view name, std::string_view help) {
  return {out, name, help, prometheus::MetricType::Gauge};
}
inline Family counter(Families& out, std::string_view name, std::string_view help) {
  return {out, name, help, prometheus::MetricType::Counter};
}
inline Family histogram(Families& out, std::string_view name, std::string_view help) {
  return {out, name, help, prometheus::MetricType::Histogram};
}

prometheus::ClientMetric::Label label(std::string_view name, std::string_view value);
double secondsOf(Duration duration);

}  // namespace forebay::http
