// Accepts the connections of shared-memory callers, answers their messages and closes them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/callers/caller.hpp"
#include "agent/callers/caller_calls.hpp"
#include "agent/callers/caller_limits.hpp"
#include "agent/callers/caller_memory.hpp"
#include "agent/callers/caller_stats.hpp"
#include "agent/callers/counter_collector.hpp"
#include "agent/local/agent_config.hpp"
#include "base/file_id.hpp"
#include "net/timer.hpp"
#include "share/routes_memory.hpp"

namespace lars::agent {

// Owns the callers. Lifetime: its server's; outlives run(). Threads: owner context only.
class caller_acceptor {
public:
  // Called when a process asks for a module that is not in its mapping.
  using module_request = std::function<share::attach_status(route_key, caller_account* asker)>;

  // If `routes` is null, no process can share memory. REQUIRES: all arguments outlive the acceptor.
  caller_acceptor(boost::asio::io_context& context, const agent_config& config, const share::routes_memory* routes,
                  caller_limits& limits, counter_collector& collector, caller_stats& stats, module_request request,
                  caller_calls& calls = caller_calls::of_system());

  // Creates the socket, or creates it again; connected callers stay. Does nothing if no process can share memory.
  // errc::io_failed, errc::invalid_argument: the socket cannot be created.
  result<void> listen();

  // Whether new callers find this agent's socket at its path. True if no process can share memory.
  bool is_reachable() const;

  // Runs until stop().
  boost::asio::awaitable<void> run();
  void stop();

  const caller_memory::caller_set& callers() const { return callers_; }

  // Ends a connection that has not sent its first message in time.
  static void end_if_silent(caller& peer, base::time_point now);

  // Call after run(): collects the last counts of all callers and closes their connections.
  void close_all();

  void update_stats();

private:
  using caller_ptr = std::shared_ptr<caller>;

  bool accept_waiting();  // false if a waiting connection cannot be accepted
  boost::asio::awaitable<void> run_caller(caller_ptr peer);
  boost::asio::awaitable<bool> read_messages(caller_ptr peer);
  boost::asio::awaitable<void> run_watch(caller_ptr peer);
  static void dismiss(caller& peer);
  bool on_message(caller& from, const share::attach_message& message, std::vector<share::descriptor> files);
  bool on_hello(caller& from, std::vector<share::descriptor> files);
  bool on_more(caller& from, const share::attach_message& message);
  bool on_bring(caller& from, const share::attach_message& message, std::vector<share::descriptor> files);
  void reuse(caller& from, base::time_point now);
  void collect(caller& from);
  void detach(caller& peer);
  void erase(caller_ptr peer);
  std::string socket_path() const;

  boost::asio::io_context& context_;
  const agent_config& config_;
  const share::routes_memory* const routes_;
  caller_limits& limits_;
  counter_collector& collector_;
  caller_stats& stats_;
  const module_request request_;
  caller_calls& calls_;
  boost::asio::posix::stream_descriptor listening_;
  std::optional<base::file_id> socket_;  // identifies the socket's file
  net::timer pause_;
  caller_memory::caller_set callers_;
  caller_memory memory_;
  bool stopping_ = false;
};

}  // namespace lars::agent
