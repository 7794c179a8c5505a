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

void peer_watch::on_asked(base::time_point now) {
  if (!asked_) asked_ = now;
}

// When the peer is given up if nothing arrives until then.
std::optional<base::time_point> peer_watch::death() const {
  if (knows_pings_) return pinged_ ? std::optional(*pinged_ + config_.ping_deadline) : std::nullopt;
  if (config_.knows_pings && !heard_) return connected_ + config_.sign_deadline;
  std::optional<base::time_point> moment;
  if (asked_ && !config_.may_keep_silent) moment = *asked_ + config_.request_deadline;
  if (heard_ || !alternatives_) return moment;
  // A silent peer that nobody has asked anything may be an old one. It is left all the same, so that another with more
  // to say is found, until every server has been tried.
  if (!settle_) return connected_ + config_.sign_deadline;
  if (asked_ && !config_.may_keep_silent) return std::max(*asked_, connected_) + config_.sign_deadline;
  return moment;
}

base::time_point peer_watch::next_step() const {
  const auto gone = death();
  if (!knows_pings_) return gone.value_or(base::time_point::max());
  const auto ping = last_ping_ + config_.ping_interval;
  return gone ? std::min(*gone, ping) : ping;
}

peer_action peer_watch::step(base::time_point now) {
  const auto due = next_step();
  if (due != base::time_point::max() && now > due + config_.stall) forgive(now);
  const auto gone = death();
  if (gone && now >= *gone) return peer_action::leave;
  if (!knows_pings_ || now < last_ping_ + config_.ping_interval) return peer_action::wait;
  last_ping_ = now;
  if (!pinged_) pinged_ = now;
  return peer_action::ping;
}

// We ourselves were not running (a stopped process, a suspended machine): what the peer sent may still be unread.
void peer_watch::forgive(base::time_point now) {
  if (pinged_) pinged_ = now;
  if (asked_) asked_ = now;
  if (!heard_) connected_ = now;
}

}  // namespace lars::agent
