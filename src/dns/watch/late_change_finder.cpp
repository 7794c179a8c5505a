#include "dns/watch/late_change_finder.hpp"

#include <algorithm>
#include <utility>

namespace lars::dns {

using storage::range_width;

late_change_finder::late_change_finder(std::uint64_t end, std::span<const storage::change_count> counts,
                                       base::time_point now)
    : next_first_range_(end / range_width), moved_at_(now), due_(now + interval) {
  for (const auto& [range, rows] : counts) seen_[range] = rows;
}

void late_change_finder::add(std::uint64_t id) { ++seen_[id / range_width]; }

storage::id_span late_change_finder::widest(std::uint64_t end) {
  constexpr std::uint64_t most_ranges = most_ids / range_width;
  const std::uint64_t ranges = end / range_width + 1;
  return {(ranges - std::min(ranges, most_ranges)) * range_width, end};
}

storage::id_span late_change_finder::span(std::uint64_t end) const {
  return {std::max(first_range_ * range_width, widest(end).first), end};
}

std::vector<std::uint64_t> late_change_finder::on_counts(std::span<const storage::change_count> counts,
                                                         std::uint64_t end, base::time_point began,
                                                         base::time_point now) {
  std::vector<std::uint64_t> ranges;
  std::map<std::uint64_t, std::uint64_t> found;
  for (const auto& [range, rows] : counts) {
    found[range] = rows;
    const auto seen = seen_.find(range);
    if (known_ && (seen == seen_.end() || rows > seen->second)) ranges.push_back(range);
  }
  // Rows that vanished say nothing; from now on they are not expected.
  seen_ = std::move(found);
  known_ = true;
  const auto took_before = std::exchange(took_, now - began);
  due_ = now + std::max(interval, std::min(took_, took_before) * pauses_a_look);
  move_on(end, now);
  return ranges;
}

void late_change_finder::move_on(std::uint64_t end, base::time_point now) {
  if (now - moved_at_ < horizon) return;
  moved_at_ = now;
  first_range_ = next_first_range_;
  next_first_range_ = end / range_width;
}

void late_change_finder::forget() {
  seen_.clear();
  known_ = false;
  first_range_ = next_first_range_ = 0;
}

}  // namespace lars::dns
