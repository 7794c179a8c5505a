#include "agent/link/server_moves.hpp"

#include <algorithm>

namespace lars::agent {
namespace {

// From half of `most` to all of it.
std::chrono::milliseconds spread(std::chrono::milliseconds most, std::uint64_t draw) {
  const auto half = most.count() / 2;
  return std::chrono::milliseconds(
      half + static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(most.count() - half + 1)));
}

// From nothing to `most`.
std::chrono::milliseconds any_of(std::chrono::milliseconds most, std::uint64_t draw) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(most.count() + 1)));
}

}  // namespace

server_moves::server_moves(const std::vector<endpoint>& order, const server_moves_config& config)
    : config_(config), backoff_(config.ask) {
  servers_.reserve(order.size());
  for (const auto& server : order) servers_.push_back({server, std::nullopt});
}

void server_moves::on_connected(endpoint server) {
  const auto place = std::find_if(servers_.begin(), servers_.end(),
                                  [server](const known_server& known) { return known.where == server; });
  own_.reset();
  if (place != servers_.end()) own_ = static_cast<std::size_t>(place - servers_.begin());
  // What was heard of others may be from long ago.
  for (auto& known : servers_) known.well_since.reset();
  told_well_.reset();
  start_over();
}

void server_moves::on_lost() {
  own_.reset();
  told_well_.reset();
  start_over();
}

void server_moves::on_told(bool well) {
  if (!own_ || told_well_ == well) return;
  const bool changes = told_well_.value_or(true) != well;
  told_well_ = well;
  if (changes) start_over();
}

void server_moves::on_answer(endpoint asked, bool well, base::time_point now) {
  asking_ = false;
  const auto place = std::find_if(servers_.begin(), servers_.end(),
                                  [asked](const known_server& known) { return known.where == asked; });
  if (place == servers_.end()) return;
  const auto index = static_cast<std::size_t>(place - servers_.begin());
  if (!well) {
    place->well_since.reset();
    if (destination_ == index) destination_.reset();
    return;
  }
  if (!place->well_since) place->well_since = now;
  if (!own_ || index == *own_ || destination_) return;
  const bool returns = index < *own_ && now - *place->well_since >= config_.well_for;
  if (!is_ill() && !returns) return;
  destination_ = index;
  move_at_ = is_ill() ? now : never;
}

// The own server's case is another one: what was planned for the last one is off.
void server_moves::start_over() {
  destination_.reset();
  asked_ = 0;
  first_round_ = true;
  round_due_ = true;
  backoff_.reset();
}

// An ill server is compared with all others, one that is well with those that are preferred to it.
std::size_t server_moves::candidates() const {
  if (!own_) return 0;
  return is_ill() ? servers_.size() - 1 : *own_;
}

std::size_t server_moves::candidate(std::size_t number) const { return number < *own_ ? number : number + 1; }

void server_moves::schedule(base::time_point now, std::uint64_t draw) {
  round_due_ = false;
  if (!is_ill())
    ask_at_ = now + spread(config_.return_ask, draw);
  else if (first_round_)
    ask_at_ = now + any_of(config_.first_ask, draw);
  else
    ask_at_ = now + backoff_.next(draw);
  first_round_ = false;
}

server_step server_moves::next(base::time_point now, std::uint64_t draw) {
  if (candidates() == 0) return {};
  if (destination_ && move_at_ == never) move_at_ = now + any_of(config_.return_over, draw);
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
  // A round goes on from one to the next without a pause.
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
