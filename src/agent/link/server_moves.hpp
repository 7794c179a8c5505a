// Decides when to leave a server that reports to be unhealthy, and when to return to a preferred one. Asks the other
// servers first: if all are unhealthy, the agent stays.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <optional>
#include <vector>

#include "base/backoff.hpp"
#include "base/clock.hpp"

namespace lars::agent {

struct server_moves_config {
  std::chrono::milliseconds first_ask{250};  // random delay, at most this, after the server becomes unhealthy
  base::backoff_config ask{std::chrono::milliseconds(1000), std::chrono::milliseconds(2000)};  // between later rounds
  std::chrono::milliseconds return_ask{5000};   // between rounds to preferred servers; random, half of this to this
  std::chrono::milliseconds well_for{10000};    // a preferred server must answer as healthy for this long
  std::chrono::milliseconds return_over{5000};  // then agents return at random times spread over this
};

struct server_step {
  enum class kind {
    wait,  // until next_step()
    ask,   // ask `server` for its state over a separate connection; then call on_answer()
    move,  // connect to `server` instead of the current one; then call on_connected()
  };
  kind what = kind::wait;
  endpoint server = {};
};

// Pure. Threads: owner context only. An old server, which does not report its state, counts neither as unhealthy nor
// as a healthy destination. REQUIRES: times never decrease.
// Invariant: at most one question is unanswered at a time.
class server_moves {
public:
  // `order`: the servers, the preferred one first. REQUIRES: not empty.
  server_moves(const std::vector<endpoint>& order, const server_moves_config& config);

  void on_connected(endpoint server);
  void on_lost();
  void on_server_state(bool well);                                     // of the own server
  void on_answer(endpoint asked, bool healthy, base::time_point now);  // false also if the server did not answer

  // `draw` is a random number.
  server_step next(base::time_point now, std::uint64_t draw);

  // When to call next() again, unless an event comes first.
  base::time_point next_step() const;

private:
  static constexpr base::time_point never = base::time_point::max();
  struct known_server {
    endpoint where;
    std::optional<base::time_point> healthy_since;
  };

  bool is_unhealthy() const { return reported_healthy_ == false; }
  std::size_t candidates() const;
  std::size_t candidate(std::size_t number) const;
  void schedule(base::time_point now, std::uint64_t draw);
  void reset_plan();

  const server_moves_config config_;
  std::vector<known_server> servers_;     // in the order of preference
  std::optional<std::size_t> current_;    // index of the connected server
  std::optional<bool> reported_healthy_;  // its last report; none = no report so far
  base::backoff backoff_;
  std::size_t asked_ = 0;                   // candidates asked in this round
  bool asking_ = false;                     // a question is unanswered
  bool round_due_ = false;                  // the next round is not scheduled yet
  bool first_round_ = true;                 // since the connected server or its health changed
  base::time_point ask_at_ = never;         // time of the next question
  std::optional<std::size_t> destination_;  // index of the server to move to
  base::time_point move_at_ = never;        // never = not drawn yet
};

}  // namespace lars::agent
