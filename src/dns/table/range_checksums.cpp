#include "dns/table/range_checksums.hpp"

#include <algorithm>
#include <numeric>

namespace lars::dns {
namespace {

bool share_an_element(std::span<const route_key> a, std::span<const route_key> b) {
  const auto small = a.size() < b.size() ? a : b;
  const auto large = a.size() < b.size() ? b : a;
  return std::any_of(small.begin(), small.end(),
                     [&](route_key key) { return std::binary_search(large.begin(), large.end(), key); });
}

}  // namespace

row_checksum checksum_of(const storage::route_row& row) {
  return {row.id / storage::range_width, row.key, storage::row_crc(row)};
}

void range_checksums::add(const row_checksum& row) {
  if (ranges_.empty() || row.range > ranges_.back().range) {
    end_range();
    ranges_.push_back({row.range, 0, 0, members_.size()});
  } else if (row.range < ranges_.back().range) {
    return;
  }
  range_entry& last = ranges_.back();
  ++last.rows;
  last.crc_sum += row.crc;
  // Rows of a module are mostly adjacent; end_range() removes the duplicates left.
  if (members_.size() == last.first || members_.back() != row.key) members_.push_back(row.key);
}

void range_checksums::seal() {
  end_range();
  members_.shrink_to_fit();
}

void range_checksums::end_range() {
  if (ranges_.empty()) return;
  const auto first = members_.begin() + static_cast<std::ptrdiff_t>(ranges_.back().first);
  std::sort(first, members_.end());
  members_.erase(std::unique(first, members_.end()), members_.end());
}

std::vector<std::uint64_t> range_checksums::differing(std::span<const storage::range_sum> found) const {
  std::vector<std::uint64_t> out;
  std::size_t i = 0;
  for (const auto& theirs : found) {
    for (; i < ranges_.size() && ranges_[i].range < theirs.range; ++i) out.push_back(ranges_[i].range);
    const bool ours = i < ranges_.size() && ranges_[i].range == theirs.range;
    if (!ours || ranges_[i].rows != theirs.rows || ranges_[i].crc_sum != theirs.crc_sum) out.push_back(theirs.range);
    if (ours) ++i;
  }
  for (; i < ranges_.size(); ++i) out.push_back(ranges_[i].range);
  return out;
}

std::vector<std::uint64_t> range_checksums::having(std::span<const route_key> keys) const {
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < ranges_.size() && !keys.empty(); ++i)
    if (share_an_element(keys, members(i))) out.push_back(ranges_[i].range);
  return out;
}

void range_checksums::collect(std::span<const std::uint64_t> ranges, std::vector<route_key>& out) const {
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    if (!std::binary_search(ranges.begin(), ranges.end(), ranges_[i].range)) continue;
    const auto known = members(i);
    out.insert(out.end(), known.begin(), known.end());
  }
}

void range_checksums::replace(std::span<const std::uint64_t> ranges, std::vector<row_checksum> rows) {
  std::sort(rows.begin(), rows.end(), [](const row_checksum& a, const row_checksum& b) { return a.range < b.range; });
  range_checksums next;
  auto row = rows.begin();
  std::size_t i = 0;
  const auto copy_below = [&](std::uint64_t limit) {
    for (; i < ranges_.size() && ranges_[i].range < limit; ++i) next.copy_range(*this, i);
  };
  for (const std::uint64_t range : ranges) {
    copy_below(range);
    if (i < ranges_.size() && ranges_[i].range == range) ++i;
    for (; row != rows.end() && row->range == range; ++row) next.add(*row);
  }
  if (i < ranges_.size()) copy_below(ranges_.back().range + 1);
  next.seal();
  *this = std::move(next);
}

std::uint64_t range_checksums::rows() const {
  return std::accumulate(ranges_.begin(), ranges_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const range_entry& range) { return sum + range.rows; });
}

std::span<const route_key> range_checksums::members(std::size_t i) const {
  const std::size_t end = i + 1 < ranges_.size() ? ranges_[i + 1].first : members_.size();
  return std::span<const route_key>(members_).subspan(ranges_[i].first, end - ranges_[i].first);
}

void range_checksums::copy_range(const range_checksums& from, std::size_t i) {
  end_range();
  const auto known = from.members(i);
  ranges_.push_back(from.ranges_[i]);
  ranges_.back().first = members_.size();
  members_.insert(members_.end(), known.begin(), known.end());
}

}  // namespace lars::dns
