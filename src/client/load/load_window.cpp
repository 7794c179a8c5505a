#include "client/load/load_window.hpp"

#include <algorithm>
#include <chrono>

#include "balance/load/load_check.hpp"

namespace lars::client {
namespace {

balance::load_report between(const load_sample& first, const load_sample& last) {
  const double seconds = std::chrono::duration<double>(last.at - first.at).count();
  const double room = last.cpu_room - first.cpu_room;
  balance::load_report report;
  if (room > 0) report.utilization = (last.cpu_used - first.cpu_used) / room;
  report.qps = static_cast<double>(last.ended - first.ended) / seconds;
  report.eps = static_cast<double>(last.failed - first.failed) / seconds;
  return balance::plausible(report);
}

}  // namespace

void load_window::turn(const load_sample& now) {
  const auto* const first = nearest_to(now.at - length_);
  const bool is_window = first != nullptr && first->at < now.at && now.at - first->at <= length_ * most_lengths;
  report_ = is_window ? between(*first, now) : balance::load_report{};
  samples_[taken_++ % samples_.size()] = now;
}

const load_sample* load_window::nearest_to(base::time_point wanted) const {
  const auto distance = [wanted](const load_sample& one) { return std::chrono::abs(one.at - wanted); };
  const auto end = samples_.begin() + static_cast<std::ptrdiff_t>(std::min(taken_, samples_.size()));
  const auto found = std::ranges::min_element(samples_.begin(), end, {}, distance);
  return found == end ? nullptr : found;
}

}  // namespace lars::client
