#include "dns/change_watcher.hpp"

#include <algorithm>
#include <iterator>

namespace lars::dns {
namespace {

// Versions of rows remembered for a RouteVersion still to come. More than this at once is an import, whose version
// moves right after it.
constexpr std::size_t unexplained_limit = 4096;

std::uint64_t window_start(std::uint64_t id) {
  return id > change_watcher::lookback ? id - change_watcher::lookback : 0;
}

}  // namespace

// The rows just below the mark may belong to changes that were not committed when the table was read, so the first
// polls read them all.
change_watcher::change_watcher(storage::change_mark loaded, base::time_point now)
    : known_(loaded), settled_at_(now + settle_time), polled_at_(now) {}

void change_watcher::on_poll(storage::change_mark mark, base::time_point now) {
  polled_at_ = now;
  if (mark != known_) settled_at_ = now + settle_time;
  if (look_again_at_ && now >= *look_again_at_) {
    look_again_at_.reset();
    reconcile_ = true;
  }
  if (mark.last_change_id < known_.last_change_id || mark.source != known_.source) suspect_loss();
  if (polled_ || now < settled_at_) polled_ = mark;
}

void change_watcher::on_changes(std::span<const storage::change_row> rows) {
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
  // Only what is there now counts as seen: an id that vanished may come back with another change.
  seen_ = std::move(window);
  std::erase_if(seen_, [low = window_start(polled_->last_change_id)](const seen_row& row) { return row.id <= low; });

  if (polled_->version != known_.version) explain_version(polled_->version);
  if (unexplained_.size() > unexplained_limit)
    unexplained_.erase(unexplained_.begin(), unexplained_.end() - unexplained_limit);
  known_ = *polled_;
  polled_.reset();
}

// The writer sets RouteVersion to the version of its row. If no row says so, somebody removed it before we came.
void change_watcher::explain_version(std::int64_t version) {
  if (std::erase(unexplained_, version) == 0) suspect_loss();
}

void change_watcher::suspect_loss() {
  reconcile_ = true;
  look_again_at_ = polled_at_ + second_look;
}

void change_watcher::on_refreshed(std::span<const route_key> modules) {
  for (const route_key key : modules) owed_.erase(key);
}

watch_step change_watcher::next() {
  if (polled_) {
    const auto base = std::min(polled_->last_change_id, known_.last_change_id);
    return {watch_step::kind::read_changes, window_start(base), {}};
  }
  if (!owed_.empty()) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(owed_.size(), refresh_limit));
    return {watch_step::kind::refresh, 0, {owed_.begin(), std::next(owed_.begin(), count)}};
  }
  if (reconcile_) {
    reconcile_ = false;
    return {watch_step::kind::reconcile, 0, {}};
  }
  return {};
}

}  // namespace lars::dns
