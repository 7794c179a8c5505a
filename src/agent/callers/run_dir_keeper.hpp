// Restores the run directory, its lock and its socket if they are removed while the agent runs.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <string>

#include "agent/callers/caller_acceptor.hpp"
#include "agent/local/agent_config.hpp"
#include "agent/local/instance_lock.hpp"
#include "net/timer.hpp"

namespace lars::agent {

// Lifetime: its role's; outlives run(). Threads: owner context only, except restored() (any).
class run_dir_keeper {
public:
  // `failure`: why the socket could not be created at start, which was already logged; empty = no failure.
  // REQUIRES: all arguments outlive the keeper.
  run_dir_keeper(boost::asio::io_context& context, const agent_config& config, instance_lock& lock,
                 caller_acceptor& acceptor, std::string failure);

  // Runs until stop().
  boost::asio::awaitable<void> run();
  void stop();

  // How often directory, lock or socket were restored.
  std::uint64_t restored() const { return restored_.load(std::memory_order_relaxed); }

private:
  void check();
  result<void> restore();

  const agent_config& config_;
  instance_lock& lock_;
  caller_acceptor& acceptor_;
  net::timer timer_;
  std::string last_failure_;  // already logged; empty = none
  std::atomic<std::uint64_t> restored_{0};
  bool stopping_ = false;
};

}  // namespace lars::agent
