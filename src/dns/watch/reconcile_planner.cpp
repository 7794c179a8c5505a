#include "dns/watch/reconcile_planner.hpp"

#include <algorithm>
#include <iterator>

#include "dns/table/shard_order.hpp"

namespace lars::dns {
const std::vector<std::uint64_t>& reconcile_planner::begin(std::span<const storage::range_sum> found) {
  taken_.assign(touched_.begin(), touched_.end());
  touched_.clear();
  std::sort(taken_.begin(), taken_.end());
  const auto differing = checksums_.differing(found);
  const auto unsure = checksums_.having(taken_);
  std::set_union(differing.begin(), differing.end(), unsure.begin(), unsure.end(), std::back_inserter(ranges_));
  checksums_.collect(ranges_, modules_);
  modules_.insert(modules_.end(), taken_.begin(), taken_.end());
  return ranges_;
}

void reconcile_planner::add_members(std::span<const std::pair<std::uint64_t, route_key>> members) {
  for (const auto& [range, key] : members) modules_.push_back(key);
}

std::vector<route_key> reconcile_planner::next_page(std::size_t limit) {
  if (named_ == 0) {
    std::sort(modules_.begin(), modules_.end(), shard_order());
    modules_.erase(std::unique(modules_.begin(), modules_.end()), modules_.end());
  }
  const std::size_t count = std::min(limit, modules_.size() - named_);
  const auto first = modules_.begin() + static_cast<std::ptrdiff_t>(named_);
  named_ += count;
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

void reconcile_planner::on_rows(std::span<const row_checksum> rows) {
  for (const auto& row : rows)
    if (std::binary_search(ranges_.begin(), ranges_.end(), row.range)) rows_.push_back(row);
}

void reconcile_planner::commit() {
  if (!ranges_.empty()) checksums_.replace(ranges_, std::move(rows_));
  taken_.clear();
  abandon();
}

void reconcile_planner::abandon() {
  touched_.insert(taken_.begin(), taken_.end());
  // Swapped away, not cleared: after a large pass their storage is not needed for long.
  taken_ = {};
  ranges_ = {};
  modules_ = {};
  rows_ = {};
  named_ = 0;
}

}  // namespace lars::dns
