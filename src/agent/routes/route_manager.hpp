// Decides which routes to request from dns and when, and publishes the answers to callers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "agent/link/server_link.hpp"
#include "agent/local/agent_config.hpp"
#include "agent/local/agent_io.hpp"
#include "agent/routes/absent_modules.hpp"
#include "agent/routes/pull_queue.hpp"
#include "agent/routes/route_memory.hpp"
#include "agent/routes/route_saver.hpp"
#include "agent/routes/route_stats.hpp"
#include "agent/routes/settings_cache.hpp"
#include "agent/service/service_index.hpp"
#include "net/timer.hpp"
#include "share/attach.hpp"

namespace lars::agent {

// Lifetime: its role's; outlives run() and the call servers. Threads: owner context only, except where noted.
class route_manager final : public link_client {
public:
  // Counts calls in `counters` unless it is null. REQUIRES: all arguments outlive the manager.
  route_manager(const agent_io& io, const agent_config& config, route_file& file, call_counters* counters,
                const route_memory& memory);

  service_index& modules() { return modules_; }             // find() any thread, the rest owner context
  const absent_modules& absent() const { return absent_; }  // any thread

  const link_stats& link() const { return link_.stats(); }  // any thread
  const route_stats& stats() const { return stats_; }       // any thread

  // Changes the default rules. Applies them at once to every module without settings of its own; counts are kept.
  void use(const module_rules& rules);

  // Adds a route from the file, which was last written at `saved`. Call before run().
  void restore(proto::route_response route, base::time_point saved);

  // A caller asked for a module that is unknown or parked. Call pump() after a batch.
  void on_miss(route_key key);
  void pump() { link_.pump(); }

  // A shared-memory caller asked for a module that is not in its mapping. Calls may_ask() before asking dns for an
  // unknown module; if it returns false, dns is not asked and the caller has to retry.
  share::attach_status request_module(route_key key, const std::function<bool()>& may_ask);

  // Runs until stop(), then saves every route. `identity` is unique to this agent.
  boost::asio::awaitable<void> run(std::string identity);
  void stop();

private:
  // The manager's private state of a module.
  struct known_route : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    explicit known_route(service_state& state) : service(state) {}
    service_state& service;
    std::uint64_t digest = 0;        // 0 = dns sent none
    base::time_point refreshed;      // last answer, push or request
    base::time_point changed;        // arrival of its current content
    std::uint64_t connection = 0;    // the connection that last delivered or confirmed it; 0 = the file
    bool truncation_logged = false;  // that dns left hosts out
    std::size_t refused = 0;         // hosts of the last answer that were left out
    std::size_t unused = 0;          // hosts of the route that are not in the module's subset
    bool shared = false;             // visible to shared-memory callers
    // While it has no hosts: when it became empty, or when it was last found in use.
    base::time_point emptied;
    boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> empty_hook;
  };
  using empty_order = boost::intrusive::list<
      known_route,
      boost::intrusive::member_hook<known_route, decltype(known_route::empty_hook), &known_route::empty_hook>,
      boost::intrusive::constant_time_size<false>>;
  using refresh_order = boost::intrusive::list<known_route, boost::intrusive::constant_time_size<false>>;

  void on_connected(endpoint local) override;
  std::string next_requests(std::size_t limit) override;
  void on_server_report(const server_report& report) override;
  bool on_frame(const proto::frame& frame) override;

  bool may_be_older(const known_route& current) const;
  void on_route(proto::route_response&& route);
  boost::asio::awaitable<void> run_upkeep();
  void refresh_due(base::time_point now);
  void mark_refreshed(known_route& route, base::time_point now);
  void track_empty(known_route& route, bool empty, base::time_point now);
  void retire_unused(base::time_point now);
  void remove(known_route& route);
  void update_stats();
  known_route* route_for(const proto::route_response& answer, bool pending, base::time_point now);
  known_route& add_route(route_key key);
  void apply(known_route& known, const proto::route_response& route, base::time_point now);
  balance::host_delta use_hosts(known_route& known, const proto::route_response& route, base::time_point now);
  void share_with_callers(known_route& route);
  bool apply_settings(known_route& known, const base::module_settings& settings);
  void save(const proto::route_response& route);
  void log_refused(known_route& known, const proto::route_response& route, std::size_t hosts);
  void log_truncation(known_route& known, const proto::route_response& route);

  const agent_config& config_;
  call_counters* const counters_;
  share::routes_memory* const routes_memory_;
  route_stats stats_;
  settings_cache settings_;  // declared before the modules, which use its rules
  service_index modules_;
  absent_modules absent_;
  std::unordered_map<route_key, known_route> routes_;
  refresh_order by_age_;  // routes that are refreshed, oldest answer first
  empty_order empty_;     // routes without hosts, longest empty first
  base::time_point next_retirement_;
  pull_queue pulls_;
  std::uint64_t connection_ = 0;               // number of the connection to dns
  std::optional<base::time_point> last_poll_;  // when that dns last polled the database; none = not reported
  std::unordered_set<route_key> held_back_;    // modules whose answer may be older than the current route
  route_saver saver_;
  server_link link_;
  net::timer upkeep_;
  bool stopping_ = false;
};

}  // namespace lars::agent
