// A module's policy and the weights and mode it goes by, which follow what hosts report of their load.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <span>
#include <vector>

#include "balance/load/call_observations.hpp"
#include "balance/load/host_signals.hpp"
#include "balance/load/load_report.hpp"
#include "balance/policy/registry.hpp"
#include "balance/table/host_column.hpp"
#include "balance/table/live_value.hpp"
#include "balance/table/member.hpp"
#include "balance/table/module_format.hpp"
#include "balance/table/policy_settings.hpp"
#include "balance/table/population.hpp"
#include "base/clock.hpp"

namespace lars::balance {

// The hosts that the policy is about. A view.
struct policy_hosts {
  std::span<const member> members;
  host_column<host_signals> signals;  // by slot
  const live_slot* live;              // likewise

  live_value value(const member& host) const { return unpack(live[host.slot].value.load(std::memory_order_relaxed)); }
};

// Lifetime: its module's. Threads: one at a time (the module's lock). Pure: what is to be published is returned.
class policy_control {
public:
  // Spreads calls by this one from now on, in its first mode.
  void use(const policy_settings& settings, const policy_hosts& hosts);
  const policy_settings& settings() const { return settings_; }
  // By what calls are to be observed for it.
  observation_terms observed() const {
    return {policy_->by_latency, {settings_.tau, settings_.error_latency}, settings_.window};
  }
  // The policy goes by the order in which hosts changed.
  bool numbers_changes() const { return policy_->by_order; }

  // A list of hosts is about to be applied to these: sets what those that join() begin with.
  void begin_list(const policy_hosts& before);
  void join(host_signals& host, const lars::host& target) const;

  // A host told of its load. REQUIRES: `host` is one of `hosts`.
  void report_load(host_signals& host, const load_report& load, const policy_hosts& hosts, base::time_point now);

  // The policy's window ended: weights and mode are brought up to date.
  struct window_change {
    bool mode = false;     // p2c goes by something else from now on
    bool publish = false;  // weights may have moved
  };
  window_change end_window(const policy_hosts& hosts, const population& able, base::time_point now);

  // What pickers are to know of the policy, and the weights of hosts in this order; empty where it uses none.
  published_policy published() const;
  std::vector<double> weights(const policy_hosts& in_order) const;

  // Whether it goes by reported load.
  bool follows_load() const;
  // How many of the hosts that take calls told of their load lately.
  static std::size_t count_reporting(std::span<const member> hosts, host_column<const host_signals> signals,
                                     const live_slot* live, base::time_point now);

private:
  bool may_follow_load() const;
  void reset_weights(const policy_hosts& hosts) const;
  bool choose_mode(const policy_hosts& hosts, const population& able, base::time_point now);
  bool turn_weights(const policy_hosts& hosts) const;

  policy_settings settings_;
  const policy_definition* policy_ = &policy_of(policy_kind{});  // of settings_
  bool by_weight_ = false;     // most hosts report their load, and the policy goes by it where they do
  bool any_reported_ = false;  // a host has told of its load
  bool settled_ = false;       // hosts that join a list join a host that has told of its load
};

}  // namespace lars::balance
