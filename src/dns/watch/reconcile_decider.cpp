#include "dns/watch/reconcile_decider.hpp"

#include <algorithm>
#include <numeric>

namespace lars::dns {
namespace {

// The next page of `all`, from `read` on.
template <class T>
std::vector<T> page_of(const std::vector<T>& all, std::size_t& read, std::size_t limit) {
  const auto page = std::span(all).subspan(read, std::min(limit, all.size() - read));
  read += page.size();
  return {page.begin(), page.end()};
}

}  // namespace

void reconcile_decider::distrust() {
  skip_rule_.forget();
  ++doubts_;
}

void reconcile_decider::begin(base::time_point now) {
  // An exception may have ended the pass before without end().
  planner_->abandon();
  stage_ = stage::sign;
  began_ = now;
  doubts_at_begin_ = doubts_;
  how_ = confirmation::unconfirmed;
  ranges_.clear();
  settings_.clear();
  ranges_read_ = modules_read_ = settings_read_ = 0;
}

reconcile_step reconcile_decider::next() {
  using kind = reconcile_step::kind;
  switch (stage_) {
    case stage::sign:
      return {.what = kind::read_sign};
    case stage::sums:
      return {.what = kind::read_sums, .reconnect = guard_->reads() > 0};
    case stage::pause:
      return {.what = kind::pause};
    case stage::reconnect:
      return {.what = kind::reconnect_updates};
    case stage::members:
      return next_members();
    case stage::modules:
      return next_modules();
    case stage::settings:
      return {.what = kind::read_settings};
    case stage::settings_modules:
      return next_settings();
    case stage::done:
      break;
  }
  return {.what = kind::done};
}

void reconcile_decider::on_sign(const std::optional<storage::change_stamp>& sign) {
  sign_ = sign;
  if (skip_rule_.covers(sign, began_)) {
    stage_ = stage::settings;
    return;
  }
  guard_.emplace(planner_->rows());
  stage_ = stage::sums;
}

// Sums of so few rows that they are in doubt are read again until two reads agree.
sums_check reconcile_decider::on_sums(std::vector<storage::range_sum> sums) {
  sums_check check;
  check.held = planner_->rows();
  check.found = std::accumulate(sums.begin(), sums.end(), std::uint64_t{0},
                                [](std::uint64_t rows, const auto& range) { return rows + range.rows; });
  check.accepted = guard_->accepts(check.found);
  check.reads = guard_->reads();
  if (!check.accepted) {
    stage_ = stage::pause;
    return check;
  }
  sums_ = std::move(sums);
  if (check.reads == 1) {
    plan_reads();
  } else {
    how_ = confirmation::confirmed;
    stage_ = stage::reconnect;
  }
  return check;
}

void reconcile_decider::plan_reads() {
  ranges_ = planner_->begin(std::exchange(sums_, {}));
  stage_ = stage::members;
}

void reconcile_decider::on_members(std::span<const std::pair<std::uint64_t, route_key>> members) {
  planner_->add_members(members);
}

reconcile_step reconcile_decider::next_members() {
  if (ranges_read_ < ranges_.size())
    return {.what = reconcile_step::kind::read_members, .ranges = page_of(ranges_, ranges_read_, ranges_per_page)};
  stage_ = stage::modules;
  return next_modules();
}

reconcile_step reconcile_decider::next_modules() {
  auto page = planner_->next_page(modules_per_page);
  if (!page.empty()) {
    modules_read_ += page.size();
    return {.what = reconcile_step::kind::refresh, .how = how_, .modules = std::move(page)};
  }
  planner_->commit();
  skip_rule_.on_compared(sign_, began_);
  stage_ = stage::settings;
  return {.what = reconcile_step::kind::routes_compared, .ranges_read = ranges_read_, .modules_read = modules_read_};
}

void reconcile_decider::on_settings(std::vector<route_key> differing) {
  settings_ = std::move(differing);
  stage_ = stage::settings_modules;
}

reconcile_step reconcile_decider::next_settings() {
  if (settings_read_ < settings_.size())
    return {.what = reconcile_step::kind::refresh_settings,
            .modules = page_of(settings_, settings_read_, modules_per_page)};
  stage_ = stage::done;
  return {.what = reconcile_step::kind::settings_compared, .modules_read = settings_read_};
}

void reconcile_decider::end(bool complete) {
  stage_ = stage::done;
  if (complete) {
    settled_doubts_ = doubts_at_begin_;
    return;
  }
  planner_->abandon();
  skip_rule_.forget();
}

}  // namespace lars::dns
