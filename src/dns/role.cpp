#include "dns/role.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "dns/dns_metrics.hpp"
#include "dns/sessions/agent_session.hpp"
#include "dns/sessions/publisher.hpp"
#include "dns/watch/route_watch.hpp"
#include "http/tcp_metrics.hpp"
#include "log/log.hpp"
#include "net/tcp_server.hpp"

namespace lars::dns {
namespace {

// How long stop() waits for a database call under way, and then for all to end.
constexpr std::chrono::milliseconds call_deadline{1500};
constexpr std::chrono::milliseconds end_deadline{1000};

net::tcp_server_config server_config(const dns_config& config) {
  return {.where = config.listen, .max_connections = config.max_connections, .limits = {.silence = config.silence}};
}

publisher_limits limits_of(const dns_config& config) {
  return {.unread_bytes = config.answer_bytes, .max_subscriptions = config.max_subscriptions};
}

watch_readers open_readers(const storage::storage_config& storage) {
  return {storage::open_reader(storage), storage::open_reader(storage)};
}

}  // namespace

struct role::parts {
  parts(net::io_pool& pool, const dns_config& config, const storage::storage_config& storage)
      : server(pool, server_config(config)),
        readers(open_readers(storage)),
        routes(std::make_shared<publisher>(pool, limits_of(config))),
        watch(std::make_shared<route_watch>(pool.context(0).get_executor(), threads, readers, storage.shown(),
                                            watch_intervals{config.poll_interval, config.reconcile_interval}, routes)) {
  }

  // Connections wait in the kernel until the table is there, so that nobody is answered from an empty one.
  void serve() {
    server.start([routes = routes](std::shared_ptr<net::tcp_connection> connection, std::size_t context) {
      return run_agent_session(routes, std::move(connection), context);
    });
  }

  bool idle() const { return !watch->running() && routes->open_connections() == 0; }

  bool wait_idle(base::time_point deadline) const {
    while (!idle() && base::clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return idle();
  }

  watch_threads threads;  // before all that calls into them
  net::tcp_server server;
  const watch_readers readers;  // the watch's; here to be interrupted
  std::shared_ptr<publisher> routes;
  std::shared_ptr<route_watch> watch;
  bool started = false;
  std::optional<base::time_point> stop_began;  // until it has ended
};

role::role(net::io_pool& pool, dns_config config, storage::storage_config storage)
    : parts_(std::make_unique<parts>(pool, config, storage)) {}

role::~role() = default;

result<void> role::listen() { return parts_->server.listen(); }

std::uint32_t role::port() const { return parts_->server.port(); }

void role::start() {
  parts_->started = true;
  parts_->watch->start([this] { parts_->serve(); });
}

void role::use(watch_intervals intervals) { parts_->watch->use(intervals); }

std::string role::not_ready() const {
  if (parts_->routes->stats().loaded) return {};
  return parts_->watch->stats().storage_failures > 0 ? "the route table is not loaded: the database cannot be read"
                                                     : "the route table is being loaded";
}

std::string role::notice() const {
  const auto routes = parts_->routes->freshness_now();
  if (routes.is_well() || !routes.age) return {};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*routes.age);
  return "routes are " + std::to_string(seconds.count()) + " s old: the database cannot be read";
}

std::vector<http::metric> role::metrics() const {
  auto all = dns_metrics(parts_->routes->stats(), parts_->watch->stats(), parts_->routes->freshness_now());
  http::merge(all, http::tcp_metrics(parts_->server.stats(), "dns"));
  return all;
}

void role::begin_stop() {
  if (!std::exchange(parts_->started, false)) return;
  parts_->stop_began = base::clock::now();
  parts_->watch->stop();
}

void role::stop() {
  begin_stop();
  if (!parts_->stop_began) return;
  parts_->server.stop();
  parts_->routes->close_all();
  if (!parts_->wait_idle(*parts_->stop_began + call_deadline)) {
    parts_->readers.watching->interrupt();
    parts_->readers.reconciling->interrupt();
    parts_->wait_idle(*parts_->stop_began + call_deadline + end_deadline);
  }
  parts_->stop_began.reset();
  const auto& stats = parts_->routes->stats();
  log::info("dns.stopped", {{"answers", stats.answers.load()}, {"pushes", stats.pushes.load()}});
}

}  // namespace lars::dns
