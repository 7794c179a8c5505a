// Keeps the run directory a place where callers find this agent and a second agent finds its lock, whatever is removed
// there while it runs.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <string>

#include "agent/callers/caller_acceptor.hpp"
#include "agent/local/agent_config.hpp"
#include "agent/local/instance_lock.hpp"

namespace lars::agent {

// Lifetime: its role's; outlives run(). Threads: owner context only, save restored() (any).
class run_dir_keeper {
public:
  // `failure`: why nothing is there to be found at the start, which was logged; empty = all is well.
  // REQUIRES: everything named outlives the keeper.
  run_dir_keeper(boost::asio::io_context& context, const agent_config& config, instance_lock& lock,
                 caller_acceptor& acceptor, std::string failure);

  // Until stop().
  boost::asio::awaitable<void> run();
  void stop();

  // How often directory, lock or socket were made again.
  std::uint64_t restored() const { return restored_.load(std::memory_order_relaxed); }

private:
  void check();
  result<void> restore();

  const agent_config& config_;
  instance_lock& lock_;
  caller_acceptor& acceptor_;
  boost::asio::steady_timer timer_;
  std::string last_failure_;  // logged already; empty = none
  std::atomic<std::uint64_t> restored_{0};
  bool stopping_ = false;
};

}  // namespace lars::agent
