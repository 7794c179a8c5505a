// Whether to leave a server that says of itself that it does not do its work, and when to return to one that is
// preferred. It asks others before it leaves: where all are ill, staying costs least.
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
  std::chrono::milliseconds first_ask{250};  // at most, by chance, from the moment that the own server is ill
  base::backoff_config ask{std::chrono::milliseconds(1000), std::chrono::milliseconds(2000)};  // between later rounds
  std::chrono::milliseconds return_ask{5000};   // between rounds to preferred servers, half of it at least
  std::chrono::milliseconds well_for{10000};    // a preferred one has to be well for so long, by every answer
  std::chrono::milliseconds return_over{5000};  // then agents return spread over this time
};

struct server_step {
  enum class kind {
    wait,  // until next_step()
    ask,   // `server` how it is, over a connection of its own; then on_answer()
    move,  // leave the own server for `server`; then on_connected()
  };
  kind what = kind::wait;
  endpoint server = {};
};

// Pure. Threads: owner context only. A server that says nothing of its state (a program already in the field) is never
// left for what it does not say, nor moved to. REQUIRES: times never decrease.
// Invariant: one question is under way at a time.
class server_moves {
public:
  // `order`: the servers, the preferred one first. REQUIRES: not empty.
  server_moves(const std::vector<endpoint>& order, const server_moves_config& config);

  void on_connected(endpoint server);
  void on_lost();
  void on_told(bool well);                                          // of the own server
  void on_answer(endpoint asked, bool well, base::time_point now);  // a server that does not answer is not well

  // `draw` is a random number.
  server_step next(base::time_point now, std::uint64_t draw);

  // When next() has more to say, if nothing happens until then.
  base::time_point next_step() const;

private:
  static constexpr base::time_point never = base::time_point::max();
  struct known_server {
    endpoint where;
    std::optional<base::time_point> well_since;
  };

  bool is_ill() const { return told_well_ == false; }
  std::size_t candidates() const;
  std::size_t candidate(std::size_t number) const;
  void schedule(base::time_point now, std::uint64_t draw);
  void start_over();

  const server_moves_config config_;
  std::vector<known_server> servers_;  // in the order of preference
  std::optional<std::size_t> own_;     // the one that serves
  std::optional<bool> told_well_;      // what it said last; none = nothing so far
  base::backoff backoff_;
  std::size_t asked_ = 0;                   // candidates of this round that were asked
  bool asking_ = false;                     // an answer is outstanding
  bool round_due_ = false;                  // the next round is to be given its time
  bool first_round_ = true;                 // since the own server changed or became ill or well
  base::time_point ask_at_ = never;         // the next question
  std::optional<std::size_t> destination_;  // where to move
  base::time_point move_at_ = never;        // never = the time is to be drawn
};

}  // namespace lars::agent
