// Whether the dns at the other end is still there. Programs already in the field know no Ping, so it is told by what
// they answer; ours answer within a heartbeat or are left.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.hpp"

namespace lars::agent {

struct peer_watch_config {
  std::chrono::milliseconds ping_interval{250};  // between two pings to a peer that knows them
  std::chrono::milliseconds ping_deadline{600};  // no byte for so long after a ping: gone
  std::chrono::milliseconds request_deadline{
      1000};                                     // no byte for so long after a request to a peer without pings: gone
  std::chrono::milliseconds sign_deadline{600};  // a peer that has said nothing by then is left for another
  bool may_keep_silent = false;          // peers that know no pings never say anything: being asked proves nothing
  bool knows_pings = false;              // this very peer answered one earlier, so silence is no sign of age
  std::chrono::milliseconds stall{300};  // a step later than this was delayed by ourselves; waits then start again
};

enum class peer_action {
  wait,   // until next_step()
  ping,   // send one, then step again
  leave,  // the peer is gone
};

// One connection's watch. Pure. Threads: owner context only. REQUIRES: times never decrease.
class peer_watch {
public:
  // The connection stands and a first ping was sent. `alternatives`, `settle`: see server_attempt.
  peer_watch(const peer_watch_config& config, bool alternatives, bool settle, base::time_point now);

  void on_bytes(base::time_point now);  // anything arrived
  void on_pong() { knows_pings_ = true; }
  void on_asked(base::time_point now);  // a request was sent

  peer_action step(base::time_point now);

  // When step() is due.
  base::time_point next_step() const;

  bool heard() const { return heard_; }

private:
  std::optional<base::time_point> death() const;
  void forgive(base::time_point now);

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
