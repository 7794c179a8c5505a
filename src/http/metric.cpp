#include "http/metric.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <sstream>

namespace lars::http {
namespace {

prometheus::MetricType type_of(metric_kind kind) {
  switch (kind) {
    case metric_kind::counter:
      return prometheus::MetricType::Counter;
    case metric_kind::gauge:
      return prometheus::MetricType::Gauge;
    case metric_kind::histogram:
      break;
  }
  return prometheus::MetricType::Histogram;
}

prometheus::ClientMetric series_of(const metric_sample& sample, metric_kind kind) {
  prometheus::ClientMetric series;
  for (const auto& [name, value] : sample.labels) series.label.push_back({name, value});
  if (kind == metric_kind::counter) series.counter.value = sample.value;
  if (kind == metric_kind::gauge) series.gauge.value = sample.value;
  if (kind == metric_kind::histogram) {
    series.histogram.sample_sum = sample.value;
    series.histogram.sample_count = sample.count;
    for (const auto& [bound, count] : sample.buckets) series.histogram.bucket.push_back({count, bound});
  }
  return series;
}

}  // namespace

metric counter_metric(std::string name, std::string help, std::uint64_t value) {
  return {std::move(name), std::move(help), metric_kind::counter, {{{}, static_cast<double>(value)}}};
}

metric gauge_metric(std::string name, std::string help, double value) {
  return {std::move(name), std::move(help), metric_kind::gauge, {{{}, value}}};
}

metric counter_metric(std::string name, std::string help, const std::string& label,
                      std::initializer_list<std::pair<const char*, std::uint64_t>> values) {
  metric counter{std::move(name), std::move(help), metric_kind::counter, {}};
  for (const auto& [text, value] : values) counter.samples.push_back({{{label, text}}, static_cast<double>(value)});
  return counter;
}

void merge(std::vector<metric>& into, std::vector<metric> more) {
  for (auto& one : more) {
    const auto known =
        std::find_if(into.begin(), into.end(), [&](const metric& each) { return each.name == one.name; });
    if (known == into.end())
      into.push_back(std::move(one));
    else
      std::move(one.samples.begin(), one.samples.end(), std::back_inserter(known->samples));
  }
}

std::string metrics_text(std::span<const metric> metrics) {
  std::vector<prometheus::MetricFamily> families;
  families.reserve(metrics.size());
  for (const auto& one : metrics) {
    prometheus::MetricFamily family{one.name, one.help, type_of(one.kind), {}};
    for (const auto& sample : one.samples) family.metric.push_back(series_of(sample, one.kind));
    families.push_back(std::move(family));
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

}  // namespace lars::http
