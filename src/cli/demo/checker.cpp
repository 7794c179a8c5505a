#include "cli/demo/checker.hpp"

#include <algorithm>

namespace lars::cli::demo {
namespace {

constexpr std::size_t latest_asks = 250;

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

checker::checker(const std::vector<endpoint>& hosts, endpoint the_host, base::time_point start)
    : hosts_(hosts), the_host_(the_host), watch_(hosts, start), phase_start_(start) {
  for (const auto& where : hosts_) counts_[where] = {};
}

void checker::see(const observation& seen) {
  switch (seen.what) {
    case observation::kind::given:
      return see_ask(seen.where, seen.asked_at);
    case observation::kind::shielded:
      return see_ask(std::nullopt, seen.asked_at);
    case observation::kind::unanswered:
      ++unanswered_;
      return;
    case observation::kind::succeeded:
    case observation::kind::failed:
      return see_end(seen);
  }
}

void checker::see_ask(std::optional<endpoint> given, base::time_point now) {
  watch_.asked(given, now);
  latest_.push_back(given);
  if (latest_.size() > latest_asks) latest_.pop_front();
  ++asks_;
  if (given) ++counts_[*given].in_phase;
  if (isolated_at_ || returned_at_) {
    ++asks_since_;
    if (given == the_host_) ++given_since_;
  }
  // Ignore changes from before this phase.
  const auto history = watch_.of(the_host_);
  if (!isolated_at_ && history.isolated && history.isolated_at >= phase_start_) isolated_at_ = history.isolated_at;
  if (!returned_at_ && !history.isolated && history.returned_at >= phase_start_) {
    returned_at_ = history.returned_at;
    asks_since_ = given_since_ = 0;
  }
}

void checker::see_end(const observation& seen) {
  const bool success = seen.what == observation::kind::succeeded;
  ++(success ? succeeded_ : failed_);
  auto& host = counts_[seen.where];
  ++(success ? host.succeeded : host.failed);
  if (!success && seen.where == the_host_ && seen.asked_at >= phase_start_) failures_.push_back(seen.asked_at);
}

void checker::begin_phase(base::time_point now) {
  phase_start_ = now;
  asks_ = asks_since_ = given_since_ = 0;
  failures_.clear();
  isolated_at_.reset();
  returned_at_.reset();
  for (auto& [where, host] : counts_) host.in_phase = 0;
}

phase_facts checker::facts(base::time_point now) const {
  phase_facts known;
  known.lasted = now - phase_start_;
  known.asks = asks_;
  known.least_share = 1;
  for (const auto& [where, host] : counts_) {
    const double share = ratio(host.in_phase, asks_);
    known.least_share = std::min(known.least_share, share);
    known.most_share = std::max(known.most_share, share);
  }
  if (isolated_at_ && !failures_.empty()) {
    known.failures_until_isolated =
        static_cast<std::uint64_t>(std::ranges::count_if(failures_, [&](auto at) { return at <= *isolated_at_; }));
    known.isolated_after = *isolated_at_ - std::min(*isolated_at_, std::ranges::min(failures_));
  }
  if (returned_at_) known.returned_after = *returned_at_ - phase_start_;
  known.asks_since = asks_since_;
  known.share_since = ratio(given_since_, asks_since_);
  return known;
}

std::vector<host_line> checker::lines() const {
  std::vector<host_line> all;
  for (const auto& where : hosts_) {
    const auto& host = counts_.at(where);
    const auto recent = static_cast<std::uint64_t>(std::ranges::count(latest_, std::optional(where)));
    all.push_back({where, ratio(recent, latest_.size()), host.succeeded, host.failed, watch_.of(where).isolated});
  }
  return all;
}

}  // namespace lars::cli::demo
