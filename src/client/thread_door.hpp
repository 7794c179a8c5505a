// One thread's way through the shared-memory door: picks from the agent's tables, counts in counters of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "balance/pick.hpp"
#include "base/random.hpp"
#include "client/caller.hpp"
#include "client/lane_table.hpp"
#include "client/shared_door.hpp"
#include "share/load_writer.hpp"

namespace lars::client {

// Lifetime: its thread state's. Threads: its thread only. No lock, no allocation and no system call once a module has
// been picked from, for as long as its hosts and its agent stay.
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
  // REQUIRES until agent_is_alive(): is_open(). Fills in everything but the session and the thread.
  outcome pick(const pick_request& request, base::time_point deadline, call& picked);

  // What its host said of itself; before its end is told. REQUIRES: `load` is known.
  void tell_load(const call& ending, bool own, const balance::load_report& load);
  void report(route_key module, endpoint where, bool failed, std::uint64_t latency_us);

  // The hosts that take calls; nothing where the routes have no such module.
  std::optional<std::vector<endpoint>> route(route_key module);

  // Whether what is published is of this moment.
  bool agent_is_alive() const { return at_->is_alive(at_->rate.now()); }

  // How a call of this door went; `own` = it was picked by this thread. Where the door has closed meanwhile nobody can
  // tell how long it took: it is not under way any more.
  void finish(const call& ended, bool own, bool failed);
  void abandon(const call& dropped, bool own);

private:
  void turn();
  void find(thread_module& one);
  share::rounds rounds() const { return {at_->routes.tick(), at_->routes.epoch()}; }
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

}  // namespace lars::client
