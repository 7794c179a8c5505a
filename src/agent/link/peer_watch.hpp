// Decides whether the server at the other end is alive. Current servers must answer pings in time. Old servers do not
// know pings and are judged by their answers to requests.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.hpp"

namespace lars::agent {

struct peer_watch_config {
  std::chrono::milliseconds ping_interval{250};      // between two pings to a peer that knows them
  std::chrono::milliseconds ping_deadline{600};      // a peer that sends nothing for this long after a ping is gone
  std::chrono::milliseconds request_deadline{1000};  // the same, after a request to a peer without pings
  std::chrono::milliseconds sign_deadline{600};      // a peer that has sent nothing by then is left for another
  bool may_keep_silent = false;  // old servers of this kind never send anything, so request_deadline is not used
  bool knows_pings = false;      // this peer answered a ping on an earlier connection
  std::chrono::milliseconds stall{300};  // if step() runs later than this, this process stalled and waits start again
};

enum class peer_action {
  wait,   // until next_step()
  ping,   // send one, then step again
  leave,  // the peer is gone; close the connection
};

// Watches one connection. Pure. Threads: owner context only. REQUIRES: times never decrease.
class peer_watch {
public:
  // REQUIRES: the connection is established and a first ping was sent. `alternatives`, `settle`: see server_attempt.
  peer_watch(const peer_watch_config& config, bool alternatives, bool settle, base::time_point now);

  void on_bytes(base::time_point now);  // anything arrived
  void on_pong() { knows_pings_ = true; }
  void on_request_sent(base::time_point now);  // a request was sent

  peer_action step(base::time_point now);

  // When step() is due.
  base::time_point next_step() const;

  bool heard() const { return heard_; }

private:
  std::optional<base::time_point> deadline() const;
  void restart_waits(base::time_point now);

  const peer_watch_config config_;
  const bool alternatives_;
  const bool settle_;
  bool knows_pings_ = false;
  bool heard_ = false;
  base::time_point connected_;
  base::time_point last_ping_;
  std::optional<base::time_point> pinged_;  // the first ping since the last byte
  std::optional<base::time_point> asked_;   // the first request since the last byte
};

}  // namespace lars::agent
