#include "gateway/http/metric_family.h"

#include <limits>

#include "gateway/http/utf8.h"

namespace forebay::http {
Family::Family(Families& out, std::string_view name, std::string_view help, prometheus::MetricType type)
    : out_(out), index_(out.size()) {
  prometheus::MetricFamily& family = out.emplace_back();
  family.name = name;
  family.help = help;
  family.type = type;
}

prometheus::ClientMetric& Family::addSeries(Labels labels) {
  prometheus::ClientMetric& series = out_[index_].metric.emplace_back();
  series.label = std::move(labels);
  return series;
}

void Family::add(Labels labels, double value) {
  prometheus::ClientMetric& series = addSeries(std::move(labels));
  (out_[index_].type == prometheus::MetricType::Counter ? series.counter.value : series.gauge.value) = value;
}

void Family::add(Labels labels, const HistogramSnapshot& durations) {
  prometheus::ClientMetric::Histogram& histogram = addSeries(std::move(labels)).histogram;
  histogram.sample_sum = static_cast<double>(durations.sum_us) / 1e6;
  uint64_t cumulative = 0;
  for (size_t i = 0; i < HistogramSnapshot::kBuckets; ++i) {
    cumulative += durations.counts[i];
    const bool last = i + 1 == HistogramSnapshot::kBuckets;
    const double bound =
        last ? std::numeric_limits<double>::infinity() : secondsOf(HistogramSnapshot::upperBound(i));
    histogram.bucket.push_back({cumulative, bound});
  }
  histogram.sample_count = cumulative;
}

prometheus::ClientMetric::Label label(std::string_view name, std::string_view value) {
  return {std::string(name), toUtf8(value)};
}

double secondsOf(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace forebay::http
