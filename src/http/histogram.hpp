// A histogram metric: counts observations by upper bound.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/metric.hpp"

namespace lars::http {

// Threads: any thread. A reader may see an observation in the sum and not yet in the counts.
class histogram {
public:
  // REQUIRES: `bounds` is sorted in ascending order.
  histogram(std::initializer_list<double> bounds)
      : bounds_(bounds), counts_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1)) {}

  void observe(double value) {
    const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
    counts_[static_cast<std::size_t>(bound - bounds_.begin())].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  metric read(std::string name, std::string help) const {
    metric_sample sample;
    for (std::size_t i = 0; i < bounds_.size(); ++i) {
      sample.count += counts_[i].load(std::memory_order_relaxed);
      sample.buckets.push_back({bounds_[i], sample.count});
    }
    sample.count += counts_[bounds_.size()].load(std::memory_order_relaxed);
    sample.value = sum_.load(std::memory_order_relaxed);
    return {std::move(name), std::move(help), metric_kind::histogram, {std::move(sample)}};
  }

private:
  const std::vector<double> bounds_;
  const std::unique_ptr<std::atomic<std::uint64_t>[]>
      counts_;  // not cumulative; the last one counts values above all bounds
  std::atomic<double> sum_{0};
};

}  // namespace lars::http
