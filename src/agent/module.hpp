// One module on this machine: what callers are answered from and what their reports go into.
#pragma once

#include <atomic>
#include <cstdint>
#include <lars/types.hpp>
#include <mutex>
#include <span>
#include <vector>

#include "agent/call_counters.hpp"
#include "agent/host_probe.hpp"
#include "balance/lane.hpp"
#include "balance/module_hosts.hpp"
#include "balance/pick.hpp"
#include "proto/codec.hpp"
#include "wire/messages.hpp"

namespace lars::agent {

// Lifetime: made when its first hosts arrive, lives until the role ends. Threads: any thread; the lock is held for one
// pick, one report or one host list, and nothing under it waits.
// A call that a caller tells of.
struct called {
  endpoint where;
  std::uint32_t latency_us = 0;  // 0 = not told
  std::uint32_t cost = 0;        // likewise
};

class module {
public:
  // REQUIRES: `health` outlives the module or its use by it; `probe` outlives the module.
  module(route_key key, const balance::health_config& health, host_probe& probe) :key_(key), health_(&health),
      probe_(probe), hosts_(health) {}

  route_key key() const { return key_; }

  balance::pick_result pick(std::uint64_t draw);
  balance::report_result report(const called& call, balance::outcome result, base::time_point now);

  // Makes `wanted` the module's hosts. Where `counters` are given, calls to each of them are counted there.
  balance::host_delta apply(std::span<const host> wanted, base::time_point now, call_counters* counters = nullptr);

  // Picks and judges by this one from now on. When it returns nobody uses the one before.
  void use(const balance::health_config& health);

  // Adds what this bank holds of calls to each host to `out`, with the host's window, and the rows to be emptied to
  // `rows`. Afterwards no report is on its way into the bank any more. Owner context.
  void harvest(unsigned bank, std::vector<proto::call_result>& out, std::vector<call_row*>& rows);

  // Adds every host that takes calls; false when the room ended before the hosts did.
  bool put_hosts(wire::caller_route_encoder& out);

  // A caller asked. True when the control loop had stopped to refresh the module and is to be told of it.
  bool note_use();
  // The control loop could not be told: the next caller tells it.
  void forget_use() { usage_.store(usage::parked, std::memory_order_relaxed); }
  // The control loop asks whether to go on refreshing. False: nobody asked since the last time; note_use() will tell.
  bool take_use();

  // True once: the moment to say that a route is too long for a datagram.
  bool first_cut() { return !cut_.exchange(true, std::memory_order_relaxed); }

private:
  enum class usage : std::uint8_t {
    quiet,   // refreshed, not asked for since
    used,    // asked for
    parked,  // not refreshed any more
  };

  void note_population(const balance::population& before);

  const route_key key_;
  const balance::health_config* health_;  // under the lock
  host_probe& probe_;
  std::atomic<usage> usage_{usage::quiet};
  std::atomic<bool> cut_{false};

  std::mutex lock_;  // guards what follows
  balance::module_hosts hosts_;
  balance::lane lane_;
  call_counters* counters_ = nullptr;  // null: nobody wants to know
  std::vector<call_row*> rows_;        // by slot; null where there is no host
  bool counted_ = false;               // a call, since the last harvest
};

}  // namespace lars::agent
