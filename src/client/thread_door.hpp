// One thread's way through the shared-memory door: picks from the agent's tables, counts in counters of its own.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "balance/pick.hpp"
#include "base/random.hpp"
#include "client/caller.hpp"
#include "client/lane_table.hpp"
#include "client/shared_door.hpp"
#include "share/load_writer.hpp"

namespace lars::client {

// Lifetime: its thread state's. Threads: its thread only. No lock, no allocation and no system call once its hosts
// have been picked, for as long as they and the agent stay.
class thread_door {
public:
  explicit thread_door(shared_door& door);

  // True when there are tables to pick from. Notices another agent.
  bool is_open() {
    if (door_.generation() != generation_) turn();
    return at_ != nullptr;
  }

  enum class outcome {
    picked,
    overloaded,  // as the agent would say
    unknown,     // the routes have no such module, or it has no hosts that take calls
    elsewhere,   // to be picked through another door: it does not live here, or cannot be counted
  };
  // REQUIRES until agent_is_alive(): is_open(). Fills in everything but the session and the thread. Waits for nothing.
  [[gnu::always_inline]] outcome pick(const pick_request& request, call& picked) { return pick(request, {}, picked); }
  // Waits so long for the agent to give counters.
  outcome pick_until(const pick_request& request, base::time_point deadline, call& picked);

  // What its host said of itself; before its end is told. REQUIRES: `load` is known.
  void tell_load(const call& ending, bool own, const balance::load_report& load);
  void report(route_key module, endpoint where, bool failed, std::uint64_t latency_us);

  // The hosts that take calls; nothing where the routes have no such module.
  std::optional<std::vector<endpoint>> route(route_key module);

  // Whether what is published is of this moment.
  bool agent_is_alive() const { return at_->is_alive(at_->rate.now(), at_->routes.beat()); }

  // How a call of this door went; `own` = it was picked by this thread. Where the door has closed meanwhile nobody can
  // tell how long it took: it is not under way any more.
  void finish(const call& ended, bool own, bool failed);
  void abandon(const call& dropped, bool own);

private:
  // A pick's time, and its luck.
  struct pick_moment {
    share::rounds round;
    std::uint64_t draw = 0;
    base::time_point deadline;
  };
  struct placed_host {
    std::uint64_t where = 0;  // ip 32 | port 32
    std::uint32_t slot = 0;   // in its module
    std::uint32_t place = 0;  // in its lane
  };

  [[gnu::always_inline]] outcome pick(const pick_request& request, base::time_point deadline, call& picked);
  outcome pick_with_care(thread_module& one, const pick_request& request, const pick_moment& at, call& picked);
  [[gnu::always_inline]] static void begin(share::module_lane& lane, const placed_host& host,
                                           const share::rounds& round, call& picked);
  void turn();
  void find(thread_module& one);
  share::rounds rounds() const { return at_->routes.now(); }
  bool count_first(thread_module& one, const pick_request& request, base::time_point deadline, call& picked);
  std::uint32_t place_for(thread_module& one, balance::member host, base::time_point deadline);
  bool give_lane(thread_module& one, std::uint32_t slots, base::time_point deadline);
  share::module_lane* lane_of(const call& of, bool own, std::uint32_t& place);
  share::module_lane* own_lane(const call& of, std::uint32_t& place);

  shared_door& door_;
  std::uint32_t generation_ = 0;
  std::shared_ptr<const attachment> at_;
  std::uint32_t counters_ = 0;  // the generation of counters that the lanes lie in
  lane_table modules_;
  std::vector<std::unique_ptr<share::module_lane>> lanes_;  // also those outgrown: calls may have begun in them
  share::news_writer news_;
  share::load_writer loads_;
  base::random_source random_;
  std::uint64_t next_draw_ = random_();  // drawn a pick ahead: no pick waits for it
};

// A call to this host begins.
inline void thread_door::begin(share::module_lane& lane, const placed_host& host, const share::rounds& round,
                               call& picked) {
  picked.where = std::bit_cast<endpoint>(balance::as_fields(host.where));
  picked.slot = host.slot;
  picked.place = host.place;
  picked.origin = reinterpret_cast<std::uintptr_t>(&lane);
  picked.by = door::shared_memory;
  lane.count_pick(host.place, picked.cost, round);
}

// The usual case; inline, as it takes some tens of nanoseconds.
inline thread_door::outcome thread_door::pick(const pick_request& request, base::time_point deadline, call& picked) {
  auto& one = modules_.at(request.module);
  const auto& at = *at_;
  // Before what is published: that is of this round, or of a later one.
  const auto round = at.routes.now();
  const auto now = at.rate.now();
  picked.start = now;
  picked.cost = request.cost;
  const auto draw = std::exchange(next_draw_, random_());
  if (at.is_alive(now, round.beat) && !door_.is_apart() && request.exclude.empty()) {
    if (const auto* const host = balance::find_remembered(one.cursors, round.published, draw)) {
      const auto place = one.cursors.memory.place_of(*host);
      // Who remembers hosts has a lane.
      begin(*one.lane, {host->where, balance::high_of(host->seen.place), place}, round, picked);
      return outcome::picked;
    }
  }
  return pick_with_care(one, request, {round, draw, deadline}, picked);
}

}  // namespace lars::client
