// Callers that share memory: takes them in, and once a tick takes over what they counted.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "agent/agent_config.hpp"
#include "agent/call_round.hpp"
#include "agent/caller.hpp"
#include "agent/caller_limits.hpp"
#include "agent/caller_memory.hpp"
#include "agent/caller_stats.hpp"
#include "agent/service_index.hpp"
#include "agent/stray_calls.hpp"
#include "agent/stray_inbox.hpp"
#include "base/file_id.hpp"
#include "base/tick_clock.hpp"
#include "share/routes_memory.hpp"

namespace lars::agent {

// What the hub has others do.
struct hub_links {
  // A caller was asked for a module that it does not find. may_ask() tells whether dns may be asked on its behalf; it
  // is called where dns would have to be.
  std::function<share::attach_status(route_key, const std::function<bool()>& may_ask)> want;
  std::function<void(route_key)> used;  // a module that was not refreshed any more is in use again
  std::function<bool()> dns_is_there;
  std::function<void(const std::function<void(const stray_report&)>&)> strays;  // what UDP threads handed on
};

// Lifetime: its role's; outlives run(). Threads: owner context only, save stats() (any) and, before
// run(), listen().
class caller_hub {
public:
  // REQUIRES: everything named outlives the hub. `counters` null: nobody wants results. `routes` null: nobody can share
  // memory, ticks go on all the same.
  caller_hub(boost::asio::io_context& context, const agent_config& config, share::routes_memory* routes,
             base::tick_meter meter, base::tick_rate rate, service_index& modules, call_counters* counters,
             hub_links links);

  // Makes the socket, anew where it was made before: callers that were taken in stay. Nothing where nobody can share
  // memory. errc::io_failed, errc::invalid_argument: it cannot be made.
  result<void> listen();

  // Whether newcomers find our socket at its path. True where nobody can share memory.
  bool can_be_found() const;

  // Until stop(); then what callers counted last has been taken over.
  boost::asio::awaitable<void> run();
  void stop();

  const caller_stats& stats() const { return stats_; }

private:
  using caller_ptr = std::shared_ptr<caller>;

  boost::asio::awaitable<void> run_ticks();
  boost::asio::awaitable<void> run_accept();
  boost::asio::awaitable<void> run_caller(caller_ptr one);
  boost::asio::awaitable<bool> hear(caller_ptr one);
  boost::asio::awaitable<void> run_watch(caller_ptr one);
  void tick();
  void refresh_loads(base::time_point now);
  void take(std::span<const share::counted_calls> found);
  void look(caller& at, bool whole);
  void take(const share::told_load& told, base::time_point now);
  void finish_round(base::time_point now);
  void settle_strays(base::time_point now);
  bool accept_waiting();  // false where a connection waits that cannot be taken
  static void dismiss(caller& one);
  void take_over(caller& from, base::time_point now);
  bool on_message(caller& from, const share::attach_message& message, std::vector<share::descriptor> files);
  bool on_hello(caller& from, std::vector<share::descriptor> files);
  bool on_more(caller& from, const share::attach_message& message);
  bool on_bring(caller& from, const share::attach_message& message, std::vector<share::descriptor> files);
  share::attach_status want(route_key key, caller_account* asker);
  void leave(caller& one);
  void erase(caller_ptr one);
  void note_bytes();
  std::string socket_path() const;

  boost::asio::io_context& context_;
  const agent_config& config_;
  share::routes_memory* const routes_;
  const base::tick_meter meter_;
  base::tick_rate rate_;
  service_index& modules_;
  const hub_links links_;
  caller_stats stats_;
  call_round round_;
  share::calls_sink sink_;  // into round_
  told_calls told_;         // since the last round
  stray_calls strays_;
  std::uint64_t looking_at_ = 0;  // the account of the caller whose calls sink_ is given
  boost::asio::posix::stream_descriptor listening_;
  std::optional<base::file_id> socket_;  // what it listens at
  boost::asio::steady_timer accept_pause_;
  boost::asio::steady_timer timer_;
  caller_limits limits_;
  caller_memory::caller_set callers_;
  caller_memory memory_;
  std::uint64_t epochs_ = 0;
  base::time_point next_epoch_;
  bool stopping_ = false;
};

}  // namespace lars::agent
