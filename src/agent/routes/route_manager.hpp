// The agent's slow loop: decides which routes to ask for and when, and publishes what comes to the UDP threads.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "agent/link/server_link.hpp"
#include "agent/local/agent_config.hpp"
#include "agent/routes/absent_modules.hpp"
#include "agent/routes/pull_queue.hpp"
#include "agent/routes/route_memory.hpp"
#include "agent/routes/route_saver.hpp"
#include "agent/routes/route_stats.hpp"
#include "agent/routes/settings_cache.hpp"
#include "agent/service/service_index.hpp"
#include "share/attach.hpp"

namespace lars::agent {

// Lifetime: its role's; outlives run() and the call servers. Threads: owner context only, save what is marked.
class route_manager final : private link_client {
public:
  // Calls are counted in `counters`; null: not at all. REQUIRES: everything named outlives the loop.
  route_manager(boost::asio::io_context& context, const agent_config& config, net::blocking_pool& pool,
                route_file& file, call_counters* counters, const route_memory& memory);

  service_index& modules() { return modules_; }             // find() any thread, the rest owner context
  const absent_modules& absent() const { return absent_; }  // any thread

  const link_stats& link() const { return link_.stats(); }  // any thread
  const route_stats& stats() const { return stats_; }       // any thread

  // Hosts are judged and calls spread by this from now on, as far as their module has no settings of its own; what was
  // counted stays.
  void use(const module_rules& rules);

  // A route from the file, which was written last at `saved` or earlier, before run().
  void restore(proto::route_response route, base::time_point saved);

  // A caller asked for a module that is not there, or that is not refreshed any more. Call pump() after a batch.
  void on_miss(route_key key);
  void pump() { link_.pump(); }

  // A caller that shares memory asked for a module that it does not find there. may_ask() is called where dns would
  // have to be asked for a module that is unknown here; false: it is not, and the caller asks again.
  share::attach_status want(route_key key, const std::function<bool()>& may_ask);

  // Until stop(); then every route is saved. `identity` tells this agent from others.
  boost::asio::awaitable<void> run(std::string identity);
  void stop();

private:
  // What the loop alone knows of a module.
  struct known_route : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    explicit known_route(service_state& one) : of(one) {}
    service_state& of;
    std::uint64_t digest = 0;    // 0 = dns tells none
    base::time_point refreshed;  // last answer, push or request
    base::time_point changed;    // when its content came
    std::uint64_t from = 0;      // the connection over which it came, or was confirmed; 0 = the file
    bool cut = false;            // it was logged that hosts are missing
    std::size_t refused = 0;     // hosts of the last answer that were left out
    std::size_t unused = 0;      // hosts of the route that the module's subset leaves out
    bool shared = false;         // callers that share memory find it
    // While it has no hosts: since when, or since it was last found in use.
    base::time_point emptied;
    boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> among_empty;
  };
  using empty_order = boost::intrusive::list<
      known_route,
      boost::intrusive::member_hook<known_route, decltype(known_route::among_empty), &known_route::among_empty>,
      boost::intrusive::constant_time_size<false>>;
  using refresh_order = boost::intrusive::list<known_route, boost::intrusive::constant_time_size<false>>;

  void on_connected(endpoint local) override;
  std::string take_requests(std::size_t limit) override;
  void on_told(const server_report& report) override;
  bool on_frame(const proto::frame& frame) override;

  bool may_be_older(const known_route& held) const;
  void on_route(proto::route_response&& route);
  boost::asio::awaitable<void> run_upkeep();
  void refresh_due(base::time_point now);
  void touch(known_route& route, base::time_point now);
  void track_empty(known_route& route, bool empty, base::time_point now);
  void retire_unused(base::time_point now);
  void remove(known_route& route);
  void update_stats();
  known_route* route_for(const proto::route_response& answer, bool wanted, base::time_point now);
  known_route& add_route(route_key key);
  void apply(known_route& to, const proto::route_response& route, base::time_point now);
  balance::host_delta use_hosts(known_route& to, const proto::route_response& route, base::time_point now);
  void share_with_callers(known_route& route);
  bool apply_settings(known_route& to, const base::module_settings& settings);
  void save(const proto::route_response& route);
  void note_refused(known_route& of, const proto::route_response& route, std::size_t hosts);
  void log_cut(known_route& of, const proto::route_response& route);

  const agent_config& config_;
  call_counters* const counters_;
  share::routes_memory* const routes_memory_;
  route_stats stats_;
  settings_cache settings_;  // before the modules, which use it
  service_index modules_;
  absent_modules absent_;
  std::unordered_map<route_key, known_route> routes_;
  refresh_order by_age_;  // those that are refreshed, the oldest answer first
  empty_order empty_;     // those without hosts, the longest so first
  base::time_point next_retirement_;
  pull_queue pulls_;
  std::uint64_t connection_ = 0;           // to a dns, counted
  std::optional<base::time_point> look_;   // of the dns at its other end, at the database; none = it does not say
  std::unordered_set<route_key> held_on_;  // modules of which it told what may be older than what we have
  route_saver saver_;
  server_link link_;
  boost::asio::steady_timer upkeep_;
  bool stopping_ = false;
};

}  // namespace lars::agent
