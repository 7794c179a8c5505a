// Serves the processes that share memory with this agent: accepts them and collects their counts every tick.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <lars/error.hpp>

#include "agent/callers/caller_acceptor.hpp"
#include "agent/callers/caller_limits.hpp"
#include "agent/callers/caller_stats.hpp"
#include "agent/callers/counter_collector.hpp"
#include "agent/local/agent_config.hpp"
#include "agent/service/service_index.hpp"
#include "base/tick_clock.hpp"
#include "net/timer.hpp"
#include "share/routes_memory.hpp"

namespace lars::agent {

// The server's callbacks into the rest of the agent.
struct shared_memory_links {
  // A caller asked for a module that is not in its mapping. The callee calls may_ask() before asking dns for it.
  std::function<share::attach_status(route_key, const std::function<bool()>& may_ask)> request_module;
  std::function<void(route_key)> used;  // a parked module is in use again
  std::function<bool()> dns_connected;
  // Passes on UDP reports about hosts that no module has.
  std::function<void(const std::function<void(const stray_report&)>&)> drain_strays;
};

// Lifetime: its role's; outlives run(). Threads: owner context only, except stats() (any) and, before run(),
// acceptor().
class shared_memory_server {
public:
  // `counters` is null if results are not reported. If `routes` is null, no process can share memory, but ticks still
  // run. REQUIRES: all arguments outlive the server.
  shared_memory_server(boost::asio::io_context& context, const agent_config& config, share::routes_memory* routes,
                       base::tick_meter meter, base::tick_rate rate, service_index& modules, call_counters* counters,
                       shared_memory_links links);

  caller_acceptor& acceptor() { return acceptor_; }
  const caller_stats& stats() const { return stats_; }

  // Runs until stop(), then collects the callers' last counts.
  boost::asio::awaitable<void> run();
  void stop();

private:
  boost::asio::awaitable<void> run_ticks();
  void tick();
  void begin_epoch(base::time_point now);
  share::attach_status request_module(route_key key, caller_account* asker);

  const agent_config& config_;
  share::routes_memory* const routes_;
  const base::tick_meter meter_;
  base::tick_rate rate_;
  service_index& modules_;
  const shared_memory_links links_;
  caller_stats stats_;
  caller_limits limits_;
  counter_collector collector_;
  caller_acceptor acceptor_;
  net::timer timer_;
  std::uint64_t epochs_ = 0;
  base::time_point next_epoch_;
  bool stopping_ = false;
};

}  // namespace lars::agent
