// Takes in the processes that share memory with this agent, answers their messages and lets them go.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/callers/caller.hpp"
#include "agent/callers/caller_limits.hpp"
#include "agent/callers/caller_memory.hpp"
#include "agent/callers/caller_stats.hpp"
#include "agent/callers/counter_collector.hpp"
#include "agent/local/agent_config.hpp"
#include "base/file_id.hpp"
#include "share/routes_memory.hpp"

namespace lars::agent {

// Owns the callers. Lifetime: its server's; outlives run(). Threads: owner context only.
class caller_acceptor {
public:
  // A process asks for a module that it does not find.
  using module_request = std::function<share::attach_status(route_key, caller_account* asker)>;

  // `routes` null: no process can share memory. REQUIRES: everything named outlives the acceptor.
  caller_acceptor(boost::asio::io_context& context, const agent_config& config, const share::routes_memory* routes,
                  caller_limits& limits, counter_collector& collector, caller_stats& stats, module_request request);

  // Makes the socket, or makes it anew: connected callers stay. Nothing where no process can share memory.
  // errc::io_failed, errc::invalid_argument: it cannot be made.
  result<void> listen();

  // Whether newcomers find our socket at its path. True where no process can share memory.
  bool can_be_found() const;

  // Until stop().
  boost::asio::awaitable<void> run();
  void stop();

  const caller_memory::caller_set& callers() const { return callers_; }

  // Ends a connection that has not said what it is in time.
  static void end_if_silent(caller& one, base::time_point now);

  // After run(): collects what callers counted last, and closes their connections.
  void close_all();

  void update_stats();

private:
  using caller_ptr = std::shared_ptr<caller>;

  bool accept_waiting();  // false where a connection waits that cannot be accepted
  boost::asio::awaitable<void> run_caller(caller_ptr one);
  boost::asio::awaitable<bool> read_messages(caller_ptr one);
  boost::asio::awaitable<void> run_watch(caller_ptr one);
  static void dismiss(caller& one);
  bool on_message(caller& from, const share::attach_message& message, std::vector<share::descriptor> files);
  bool on_hello(caller& from, std::vector<share::descriptor> files);
  bool on_more(caller& from, const share::attach_message& message);
  bool on_bring(caller& from, const share::attach_message& message, std::vector<share::descriptor> files);
  void take_over(caller& from, base::time_point now);
  void collect(caller& from);
  void leave(caller& one);
  void erase(caller_ptr one);
  std::string socket_path() const;

  boost::asio::io_context& context_;
  const agent_config& config_;
  const share::routes_memory* const routes_;
  caller_limits& limits_;
  counter_collector& collector_;
  caller_stats& stats_;
  const module_request request_;
  boost::asio::posix::stream_descriptor listening_;
  std::optional<base::file_id> socket_;  // what it listens at
  boost::asio::steady_timer pause_;
  caller_memory::caller_set callers_;
  caller_memory memory_;
  bool stopping_ = false;
};

}  // namespace lars::agent
