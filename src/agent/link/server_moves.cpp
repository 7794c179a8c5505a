#include "agent/link/server_moves.hpp"

#include <algorithm>

namespace lars::agent {
namespace {

// A duration between half of `most` and `most`.
std::chrono::milliseconds half_to_full(std::chrono::milliseconds most, std::uint64_t draw) {
  const auto half = most.count() / 2;
  return std::chrono::milliseconds(
      half + static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(most.count() - half + 1)));
}

// A duration between zero and `most`.
std::chrono::milliseconds zero_to_full(std::chrono::milliseconds most, std::uint64_t draw) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(most.count() + 1)));
}

}  // namespace

server_moves::server_moves(const std::vector<endpoint>& order, const server_moves_config& config)
    : config_(config), backoff_(config.ask) {
  servers_.reserve(order.size());
  for (const auto& server : order) servers_.push_back({server, std::nullopt});
}

void server_moves::on_connected(endpoint server) {
  const auto found = std::find_if(servers_.begin(), servers_.end(),
                                  [server](const known_server& known) { return known.where == server; });
  current_.reset();
  if (found != servers_.end()) current_ = static_cast<std::size_t>(found - servers_.begin());
  // Earlier answers of the other servers may be outdated.
  for (auto& known : servers_) known.healthy_since.reset();
  reported_healthy_.reset();
  reset_plan();
}

void server_moves::on_lost() {
  current_.reset();
  reported_healthy_.reset();
  reset_plan();
}

void server_moves::on_server_state(bool healthy) {
  if (!current_ || reported_healthy_ == healthy) return;
  const bool changes = reported_healthy_.value_or(true) != healthy;
  reported_healthy_ = healthy;
  if (changes) reset_plan();
}

void server_moves::on_answer(endpoint asked, bool healthy, base::time_point now) {
  asking_ = false;
  const auto found = std::find_if(servers_.begin(), servers_.end(),
                                  [asked](const known_server& known) { return known.where == asked; });
  if (found == servers_.end()) return;
  const auto index = static_cast<std::size_t>(found - servers_.begin());
  if (!healthy) {
    found->healthy_since.reset();
    if (destination_ == index) destination_.reset();
    return;
  }
  if (!found->healthy_since) found->healthy_since = now;
  if (!current_ || index == *current_ || destination_) return;
  const bool returns = index < *current_ && now - *found->healthy_since >= config_.well_for;
  if (!is_unhealthy() && !returns) return;
  destination_ = index;
  move_at_ = is_unhealthy() ? now : never;
}

// Drops all plans, because the connected server or its health changed.
void server_moves::reset_plan() {
  destination_.reset();
  asked_ = 0;
  first_round_ = true;
  round_due_ = true;
  backoff_.reset();
}

// If the connected server is unhealthy, all others are candidates; else only the preferred ones.
std::size_t server_moves::candidates() const {
  if (!current_) return 0;
  return is_unhealthy() ? servers_.size() - 1 : *current_;
}

std::size_t server_moves::candidate(std::size_t number) const { return number < *current_ ? number : number + 1; }

void server_moves::schedule(base::time_point now, std::uint64_t draw) {
  round_due_ = false;
  if (!is_unhealthy())
    ask_at_ = now + half_to_full(config_.return_ask, draw);
  else if (first_round_)
    ask_at_ = now + zero_to_full(config_.first_ask, draw);
  else
    ask_at_ = now + backoff_.next(draw);
  first_round_ = false;
}

server_step server_moves::next(base::time_point now, std::uint64_t draw) {
  if (candidates() == 0) return {};
  if (destination_ && move_at_ == never) move_at_ = now + zero_to_full(config_.return_over, draw);
  if (destination_ && now >= move_at_) {
    const auto server = servers_[*destination_].where;
    destination_.reset();
    return {server_step::kind::move, server};
  }
  if (asking_) return {};
  if (round_due_) schedule(now, draw);
  if (now < ask_at_) return {};
  const auto server = servers_[candidate(asked_)].where;
  asking_ = true;
  // Ask the candidates of one round without pauses.
  if (++asked_ >= candidates()) {
    asked_ = 0;
    round_due_ = true;
  }
  return {server_step::kind::ask, server};
}

base::time_point server_moves::next_step() const {
  if (candidates() == 0) return never;
  auto due = never;
  if (destination_) due = move_at_ == never ? base::time_point::min() : move_at_;
  if (!asking_) due = std::min(due, round_due_ ? base::time_point::min() : ask_at_);
  return due;
}

}  // namespace lars::agent
