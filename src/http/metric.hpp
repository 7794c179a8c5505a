// The metrics of a role as plain values, and their text form for /metrics.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lars::http {

enum class metric_kind {
  counter,    // never decreases while the process lives
  gauge,      // may increase and decrease
  histogram,  // counts by upper bound
};

// One time series. The values of labels come from small fixed sets and never name a module, a host or a peer.
struct metric_sample {
  using label = std::pair<std::string, std::string>;
  struct bucket {
    double bound = 0;         // inclusive
    std::uint64_t count = 0;  // observations at or below it
  };

  std::vector<label> labels = {};
  double value = 0;                  // a histogram's sum
  std::uint64_t count = 0;           // a histogram's number of observations
  std::vector<bucket> buckets = {};  // of a histogram, in ascending order of the bound
};

struct metric {
  std::string name;  // lars_…, in base units; the name of a counter ends in _total
  std::string help;
  metric_kind kind = metric_kind::gauge;
  std::vector<metric_sample> samples;
};

// A metric of one series without labels.
metric counter_metric(std::string name, std::string help, std::uint64_t value);
metric gauge_metric(std::string name, std::string help, double value);

// A counter with one series per value of `label`.
metric counter_metric(std::string name, std::string help, const std::string& label,
                      std::initializer_list<std::pair<const char*, std::uint64_t>> values);

// Appends the metrics of `more`. Merges those of the same name, because the format allows each name once.
void merge(std::vector<metric>& into, std::vector<metric> more);

// Writes the Prometheus text format 0.0.4.
std::string metrics_text(std::span<const metric> metrics);
inline constexpr const char* metrics_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace lars::http
