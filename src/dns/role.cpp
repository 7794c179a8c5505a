#include "dns/role.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "dns/dns_metrics.hpp"
#include "dns/sessions/agent_connections.hpp"
#include "dns/sessions/agent_session.hpp"
#include "dns/sessions/publisher.hpp"
#include "dns/watch/route_watch.hpp"
#include "http/tcp_metrics.hpp"
#include "log/log.hpp"
#include "net/tcp_server.hpp"
#include "net/thread_wait.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::dns {
namespace {

// How long stop() waits for a database call under way, and then for everything to end.
constexpr std::chrono::milliseconds call_deadline{1500};
constexpr std::chrono::milliseconds end_deadline{1000};

net::tcp_server_config server_config(const dns_config& config) {
  return {.where = config.listen, .max_connections = config.max_connections, .limits = {.silence = config.silence}};
}

publisher_limits limits_of(const dns_config& config) {
  return {.unread_bytes = config.answer_bytes, .max_subscriptions = config.max_subscriptions};
}

watch_readers open_readers(const storage::storage_config& storage) {
  return {storage::open_route_reader(storage), storage::open_route_reader(storage)};
}

}  // namespace

struct role::components {
  components(net::io_pool& pool, const dns_config& config, const storage::storage_config& storage,
             net::network& network)
      : server(pool, server_config(config), network),
        readers(open_readers(storage)),
        connections(std::make_shared<agent_connections>(pool)),
        routes(std::make_shared<publisher>(pool, limits_of(config))),
        watch(std::make_shared<route_watch>(pool.context(0).get_executor(), threads, readers, storage.shown(),
                                            watch_intervals{config.poll_interval, config.reconcile_interval}, routes)) {
  }

  // Connections wait in the kernel until the table is there, so that no agent is answered from an empty one.
  void serve() {
    server.start([routes = routes, connections = connections](std::shared_ptr<net::tcp_connection> connection,
                                                              std::size_t context) {
      return run_agent_session(routes, connections, std::move(connection), context);
    });
  }

  bool idle() const { return !watch->running() && connections->open() == 0; }

  bool wait_idle(base::time_point deadline) const {
    return net::wait_until(deadline, [this] { return idle(); });
  }

  watch_threads threads;  // declared first: destroyed after everything that calls into them
  net::tcp_server server;
  const watch_readers readers;  // used by the watch; kept here so that stop() can interrupt them
  std::shared_ptr<agent_connections> connections;
  std::shared_ptr<publisher> routes;
  std::shared_ptr<route_watch> watch;
  bool started = false;
  std::optional<base::time_point> stop_began;  // until it has ended
};

role::role(net::io_pool& pool, dns_config config, storage::storage_config storage, net::network& network)
    : components_(std::make_unique<components>(pool, config, storage, network)) {}

role::~role() = default;

result<void> role::listen() { return components_->server.listen(); }

std::uint32_t role::port() const { return components_->server.port(); }

void role::start() {
  components_->started = true;
  components_->watch->start([this] { components_->serve(); });
}

void role::set_intervals(watch_intervals intervals) { components_->watch->set_intervals(intervals); }

std::string role::not_ready() const {
  if (components_->routes->stats().loaded) return {};
  return components_->watch->stats().storage_failures > 0 ? "the route table is not loaded: the database cannot be read"
                                                          : "the route table is being loaded";
}

std::string role::notice() const {
  const auto routes = components_->routes->freshness_now();
  if (routes.is_well() || !routes.age) return {};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*routes.age);
  return "routes are " + std::to_string(seconds.count()) + " s old: the database cannot be read";
}

std::vector<http::metric> role::metrics() const {
  auto all =
      dns_metrics(components_->routes->stats(), components_->watch->stats(), components_->routes->freshness_now());
  http::merge(all, http::tcp_metrics(components_->server.stats(), "dns"));
  return all;
}

void role::begin_stop() {
  if (!std::exchange(components_->started, false)) return;
  components_->stop_began = base::clock::now();
  components_->watch->stop();
}

void role::stop() {
  begin_stop();
  if (!components_->stop_began) return;
  components_->server.stop();
  components_->connections->close_all();
  if (!components_->wait_idle(*components_->stop_began + call_deadline)) {
    components_->readers.watching->interrupt();
    components_->readers.reconciling->interrupt();
    components_->wait_idle(*components_->stop_began + call_deadline + end_deadline);
  }
  components_->stop_began.reset();
  const auto& stats = components_->routes->stats();
  log::info("dns.stopped", {{"answers", stats.answers.load()}, {"pushes", stats.pushes.load()}});
}

}  // namespace lars::dns
