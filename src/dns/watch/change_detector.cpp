#include "dns/watch/change_detector.hpp"

#include <algorithm>
#include <iterator>

namespace lars::dns {
namespace {

// Versions of rows remembered for a RouteVersion still to come. More than this at once is an import, whose version
// moves right after it.
constexpr std::size_t unexplained_limit = 4096;

std::uint64_t window_start(std::uint64_t id) {
  return id > change_detector::lookback ? id - change_detector::lookback : 0;
}

}  // namespace

// The rows just below the mark may belong to changes that were not committed when the table was read, so the first
// polls read them all.
change_detector::change_detector(storage::change_mark loaded, base::time_point now)
    : known_(loaded), settled_at_(now + settle_time), polled_at_(now) {}

std::uint64_t change_detector::late_ids_end(const storage::change_mark& mark) {
  return window_start(mark.last_change_id);
}

void change_detector::watch_late(storage::change_mark mark, std::span<const storage::change_count> counts,
                                 base::time_point now) {
  late_end_ = late_ids_end(mark);
  late_.emplace(late_end_, counts, now);
  if (mark.source != known_.source) late_->forget();
}

void change_detector::on_poll(storage::change_mark mark, base::time_point now) {
  polled_at_ = now;
  if (mark != known_) settled_at_ = now + settle_time;
  if (look_again_at_ && now >= *look_again_at_) {
    look_again_at_.reset();
    reconcile_ = true;
  }
  if (mark.last_change_id < known_.last_change_id || mark.source != known_.source) {
    suspect_loss();
    forget_late();
  }
  if (late_ && late_->is_due(now)) counts_due_ = true;
  if (polled_ || counts_due_ || now < settled_at_) polled_ = mark;
}

void change_detector::on_changes(std::span<const storage::change_row> rows) {
  if (!polled_) return;
  std::vector<seen_row> window;
  window.reserve(rows.size());
  for (const auto& row : rows) {
    const seen_row current{row.id, row.key, row.version};
    const auto known = std::lower_bound(seen_.begin(), seen_.end(), row.id,
                                        [](const seen_row& seen, std::uint64_t id) { return seen.id < id; });
    if (known == seen_.end() || *known != current) {
      owed_.insert(row.key);
      unexplained_.push_back(row.version);
    }
    window.push_back(current);
  }
  if (late_) pass_on(rows);
  // Only what is there now counts as seen: an id that vanished may come back with another change.
  seen_ = std::move(window);
  std::erase_if(seen_, [low = window_start(polled_->last_change_id)](const seen_row& row) { return row.id <= low; });

  if (polled_->version != known_.version) explain_version(polled_->version);
  if (unexplained_.size() > unexplained_limit)
    unexplained_.erase(unexplained_.begin(), unexplained_.end() - unexplained_limit);
  known_ = *polled_;
  polled_.reset();
}

// Rows that leave the window: from now on their number stands for them.
void change_detector::pass_on(std::span<const storage::change_row> rows) {
  const std::uint64_t end = late_ids_end(*polled_);
  for (const auto& row : rows)
    if (row.id > late_end_ && row.id <= end) late_->add(row.id);
  late_end_ = end;
}

// The writer sets RouteVersion to the version of its row. If no row says so, it came late, or somebody removed it
// before we came.
void change_detector::explain_version(std::int64_t version) {
  if (std::erase(unexplained_, version) > 0) return;
  if (!late_ || unsettled_) return suspect_loss();
  unsettled_ = version;
  counts_due_ = true;
}

std::size_t change_detector::on_counts(std::span<const storage::change_count> counts, base::time_point began,
                                       base::time_point now) {
  counts_due_ = false;
  const auto ranges = late_->on_counts(counts, late_end_, began, now);
  late_ranges_.insert(late_ranges_.end(), ranges.begin(), ranges.end());
  end_late_look();
  return ranges.size();
}

void change_detector::on_late_changes(std::span<const storage::change_row> rows) {
  for (const auto& row : rows) {
    if (row.id > late_end_) continue;
    owed_.insert(row.key);
    if (unsettled_ == row.version) unsettled_.reset();
  }
  const auto read = static_cast<std::ptrdiff_t>(std::min(late_ranges_.size(), range_limit));
  late_ranges_.erase(late_ranges_.begin(), std::next(late_ranges_.begin(), read));
  end_late_look();
}

void change_detector::forget_late() {
  late_ranges_.clear();
  if (!late_) return;
  late_->forget();
  counts_due_ = true;
}

void change_detector::end_late_look() {
  if (!late_ranges_.empty() || !unsettled_) return;
  unsettled_.reset();
  suspect_loss();
}

void change_detector::suspect_loss() {
  reconcile_ = true;
  look_again_at_ = polled_at_ + second_look;
}

void change_detector::on_refreshed(std::span<const route_key> modules) {
  for (const route_key key : modules) owed_.erase(key);
}

poll_step change_detector::next() {
  if (polled_) {
    const auto base = std::min(polled_->last_change_id, known_.last_change_id);
    return {.what = poll_step::kind::read_changes, .after = window_start(base)};
  }
  if (counts_due_) return {.what = poll_step::kind::count_changes, .ids = late_->span(late_end_)};
  if (!late_ranges_.empty()) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(late_ranges_.size(), range_limit));
    return {.what = poll_step::kind::read_ranges,
            .ranges = {late_ranges_.begin(), std::next(late_ranges_.begin(), count)}};
  }
  if (!owed_.empty()) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(owed_.size(), refresh_limit));
    return {.what = poll_step::kind::refresh, .modules = {owed_.begin(), std::next(owed_.begin(), count)}};
  }
  if (reconcile_) {
    reconcile_ = false;
    return {.what = poll_step::kind::reconcile};
  }
  return {};
}

}  // namespace lars::dns
