#include "agent/link/peer_watch.hpp"

#include <algorithm>

namespace lars::agent {

peer_watch::peer_watch(const peer_watch_config& config, bool alternatives, bool settle, base::time_point now)
    : config_(config), alternatives_(alternatives), settle_(settle), connected_(now), last_ping_(now), pinged_(now) {}

void peer_watch::on_bytes(base::time_point) {
  heard_ = true;
  pinged_.reset();
  asked_.reset();
}

void peer_watch::on_request_sent(base::time_point now) {
  if (!asked_) asked_ = now;
}

// When the peer counts as gone if nothing arrives before.
std::optional<base::time_point> peer_watch::deadline() const {
  if (knows_pings_) return pinged_ ? std::optional(*pinged_ + config_.ping_deadline) : std::nullopt;
  if (config_.knows_pings && !heard_) return connected_ + config_.sign_deadline;
  std::optional<base::time_point> due;
  if (asked_ && !config_.may_keep_silent) due = *asked_ + config_.request_deadline;
  if (heard_ || !alternatives_) return due;
  // A silent peer without requests may be an old program. Leave it anyway, in search of a newer one, until every server
  // has been tried.
  if (!settle_) return connected_ + config_.sign_deadline;
  if (asked_ && !config_.may_keep_silent) return std::max(*asked_, connected_) + config_.sign_deadline;
  return due;
}

base::time_point peer_watch::next_step() const {
  const auto gone_at = deadline();
  if (!knows_pings_) return gone_at.value_or(base::time_point::max());
  const auto ping = last_ping_ + config_.ping_interval;
  return gone_at ? std::min(*gone_at, ping) : ping;
}

peer_action peer_watch::step(base::time_point now) {
  const auto due = next_step();
  if (due != base::time_point::max() && now > due + config_.stall) restart_waits(now);
  const auto gone_at = deadline();
  if (gone_at && now >= *gone_at) return peer_action::leave;
  if (!knows_pings_ || now < last_ping_ + config_.ping_interval) return peer_action::wait;
  last_ping_ = now;
  if (!pinged_) pinged_ = now;
  return peer_action::ping;
}

// This process was stopped or the machine suspended, so the peer's bytes may still be unread.
void peer_watch::restart_waits(base::time_point now) {
  if (pinged_) pinged_ = now;
  if (asked_) asked_ = now;
  if (!heard_) connected_ = now;
}

}  // namespace lars::agent
