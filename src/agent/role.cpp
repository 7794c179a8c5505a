#include "agent/role.hpp"

#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/agent_metrics.hpp"
#include "agent/callers/run_dir_keeper.hpp"
#include "agent/callers/shared_memory_server.hpp"
#include "agent/calls/port_server.hpp"
#include "agent/explain_answer.hpp"
#include "agent/local/agent_io.hpp"
#include "agent/local/instance_lock.hpp"
#include "agent/local/stable_id.hpp"
#include "agent/results/status_loop.hpp"
#include "agent/routes/route_manager.hpp"
#include "agent/routes/route_memory.hpp"
#include "agent/service/service_log.hpp"
#include "base/directory.hpp"
#include "base/endpoint.hpp"
#include "log/log.hpp"
#include "net/fence.hpp"
#include "net/thread_wait.hpp"
#include "share/attach.hpp"

namespace lars::agent {
namespace {

constexpr std::size_t udp_ports = 3;
constexpr std::chrono::milliseconds stop_deadline{2000};

using running_loop = std::shared_ptr<const std::atomic<bool>>;

// False after the deadline.
bool wait_for_end(const running_loop& loop, base::time_point deadline) {
  return net::wait_until(deadline, [&loop] { return !*loop; });
}

// Agents that share a machine differ by their port.
std::string identity(endpoint listen) {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return std::string(name) + '/' + base::format_endpoint(listen);
}

}  // namespace

// Declared in order of dependency.
struct role::components {
  components(net::io_pool& pool, agent_config settings, net::network& over)
      : network(over),
        context(pool.context(pool.size() - 1)),
        config(std::move(settings)),
        saved_routes(config.state_dir / "routes.log") {}

  result<void> prepare_directories();
  result<void> load_routes();
  result<void> open_shared_memory();
  result<void> bind();
  running_loop run(boost::asio::awaitable<void> loop);
  void wake_for(miss_queue& misses);

  net::network& network;
  boost::asio::io_context& context;
  agent_config config;
  instance_lock lock;
  instance_lock state_lock;  // held if the state directory differs from the run directory
  route_file saved_routes;
  net::blocking_pool files{1};
  const agent_io io{context, files, network};
  call_counters counters;
  base::tick_meter meter;
  base::tick_rate rate;
  std::optional<route_memory> memory;
  service_log changes;
  std::unique_ptr<route_manager> routes;
  std::unique_ptr<shared_memory_server> callers;
  std::unique_ptr<run_dir_keeper> keeper;
  std::unique_ptr<status_loop> status;  // null if results are not reported
  port_servers ports;
  running_loop callers_running;       // set once started
  std::vector<running_loop> running;  // the other loops
};

result<void> role::components::prepare_directories() {
  if (config.run_dir.empty()) config.run_dir = config.state_dir;
  if (const auto created = base::make_directory(config.state_dir.string()); !created) return created.error();
  if (auto created = share::make_directory_for(config.run_dir.string(), config.group); !created) return created;
  if (auto locked = lock.acquire(config.run_dir); !locked) return locked;
  if (config.run_dir != config.state_dir)
    if (auto locked = state_lock.acquire(config.state_dir); !locked) return locked;
  config.stable_id = stable_id(config.state_dir);
  return {};
}

result<void> role::components::load_routes() {
  const bool counts = !config.reporters.empty();
  rate = trusted_rate(meter);
  memory.emplace(config.routes_bytes, rate);
  routes = std::make_unique<route_manager>(io, config, saved_routes, counts ? &counters : nullptr, *memory);
  routes->modules().feed().observe(changes);
  if (counts) {
    // Open the counters before loading routes, whose hosts allocate rows of them.
    status = std::make_unique<status_loop>(io, config, routes->modules(), counters);
    if (auto opened = status->open(); !opened) return opened;
  }
  auto loaded = saved_routes.load([this](proto::route_response&& route) {
    routes->restore(std::move(route), base::clock::now() - saved_routes.age().value_or(std::chrono::milliseconds(0)));
  });
  if (loaded && routes->modules().size() > 0)
    log::info("agent.routes_restored", {{"modules", routes->modules().size()}});
  return loaded;
}

// Shared memory is optional: an agent that cannot open it logs a warning and serves over UDP only.
result<void> role::components::open_shared_memory() {
  shared_memory_links links{[this](route_key key, const auto& may_ask) { return routes->request_module(key, may_ask); },
                            [this](route_key key) { routes->on_miss(key); },
                            [this] { return routes->link().connected(); },
                            [this](const auto& each) {
                              for (const auto& port : ports) port->strays().drain(each);
                            }};
  callers = std::make_unique<shared_memory_server>(context, config, memory->routes(), meter, rate, routes->modules(),
                                                   config.reporters.empty() ? nullptr : &counters, std::move(links));
  auto opened = callers->acceptor().listen();
  const auto failure = opened ? std::string() : opened.error().text();
  keeper = std::make_unique<run_dir_keeper>(context, config, lock, callers->acceptor(), failure);
  if (opened || opened.error().code == errc::invalid_argument) return opened;
  log::warn("agent.nothing_shared", {{"reason", failure}});
  return {};
}

result<void> role::components::bind() {
  auto bound = bind_ports(config.listen, udp_ports, [this](endpoint where) {
    return std::make_unique<port_server>(network, context, where, routes->modules(), routes->absent(),
                                         [this](miss_queue& misses) { wake_for(misses); });
  });
  if (!bound) return bound.error();
  ports = *std::move(bound);
  return {};
}

void role::components::wake_for(miss_queue& misses) {
  net::post(context, "asking dns for modules", [this, &misses] {
    misses.drain([this](route_key key) { routes->on_miss(key); });
    routes->pump();
  });
}

running_loop role::components::run(boost::asio::awaitable<void> loop) {
  const auto state = std::make_shared<std::atomic<bool>>(true);
  boost::asio::co_spawn(context, std::move(loop), [state](const std::exception_ptr& failure) {
    net::log_exception("running the agent", failure);
    *state = false;
  });
  return state;
}

role::role(net::io_pool& pool, agent_config config, net::network& network)
    : components_(std::make_unique<components>(pool, std::move(config), network)) {}

role::~role() = default;

result<void> role::listen() {
  if (auto ready = components_->prepare_directories(); !ready) return ready;
  // Load the routes before binding the ports, so that even the first callers are answered.
  if (auto loaded = components_->load_routes(); !loaded) return loaded;
  if (auto opened = components_->open_shared_memory(); !opened) return opened;
  return components_->bind();
}

std::uint32_t role::port() const { return components_->ports.front()->port(); }

void role::use_dns(std::vector<endpoint> servers) { components_->config.dns = std::move(servers); }

void role::use_reporters(std::vector<endpoint> servers) { components_->config.reporters = std::move(servers); }

void role::start() {
  const auto name = identity(components_->config.listen);
  components_->running.push_back(components_->run(components_->routes->run(name)));
  components_->callers_running = components_->run(components_->callers->run());
  components_->running.push_back(components_->run(
      net::keep_running("keeping the run directory", [keeper = components_->keeper.get()] { return keeper->run(); })));
  if (components_->status) components_->running.push_back(components_->run(components_->status->run(name)));
  for (auto& port : components_->ports) port->start();
}

void role::use(const agent_tuning& tuning) {
  net::post(components_->context, "applying a reloaded configuration", [components = components_.get(), tuning] {
    components->config.update_timeout = tuning.update_timeout;
    components->config.report_interval = tuning.report_interval;
    components->routes->use({tuning.policy, tuning.health});
    if (components->status) components->status->restart_interval();
  });
}

std::string role::not_ready() const {
  if (components_->routes->stats().modules > 0 || components_->routes->link().connected()) return {};
  return "no dns is connected and no route is known";
}

std::string role::notice() const {
  const auto now = base::clock::now();
  const auto describe = [now](const link_stats& link, const char* unhealthy, const char* disconnected) -> std::string {
    if (link.is_unhealthy()) return unhealthy;
    return link.disconnected_for(now) > std::chrono::seconds(1) ? disconnected : "";
  };
  const auto& dns = components_->routes->link();
  std::string notice;
  if (!components_->config.dns.empty()) notice = describe(dns, "its dns has lost the database", "no dns answers");
  if (!notice.empty())
    notice = "routes are " + std::to_string(static_cast<long>(dns.age(now).count())) + " s old: " + notice;
  if (!components_->status) return notice;
  const std::string results =
      describe(components_->status->link(), "its reporter cannot write them", "no reporter answers");
  if (!results.empty()) notice += (notice.empty() ? "results wait: " : "; results wait: ") + results;
  return notice;
}

std::vector<http::metric> role::metrics() const {
  std::vector<port_counts> ports;
  for (const auto& port : components_->ports) ports.push_back(port->counts());
  auto all = call_metrics(ports);
  http::merge(all, route_metrics(components_->routes->stats(), components_->routes->modules().stats()));
  http::merge(all, caller_metrics(components_->callers->stats(), components_->keeper->restored()));
  http::merge(all, load_metrics(ports, components_->callers->stats()));
  if (components_->status) http::merge(all, report_metrics(components_->status->stats()));
  http::merge(all, link_metrics(components_->routes->link(),
                                components_->status ? &components_->status->link() : nullptr, base::clock::now()));
  return all;
}

http::response role::explain(const http::request& request) const {
  return explain_answer(components_->routes->modules(), request, base::random_source::from_system(),
                        base::clock::now());
}

std::vector<std::pair<std::uint32_t, boost::asio::io_context*>> role::contexts() const {
  std::vector<std::pair<std::uint32_t, boost::asio::io_context*>> all;
  for (const auto& port : components_->ports) all.emplace_back(port->port(), &port->context());
  return all;
}

void role::stop() {
  if (components_->running.empty()) return;
  // Stop the UDP threads first: afterwards no new misses reach the route manager.
  for (auto& port : components_->ports) port->stop();
  const auto deadline = base::clock::now() + stop_deadline;
  // Stop the callers before the results, so that the last drain includes their counts.
  net::post(components_->context, "stopping the agent",
            [callers = components_->callers.get(), keeper = components_->keeper.get()] {
              keeper->stop();
              callers->stop();
            });
  wait_for_end(components_->callers_running, deadline);
  net::post(components_->context, "stopping the agent",
            [routes = components_->routes.get(), status = components_->status.get()] {
              routes->stop();
              if (status != nullptr) status->stop();
            });
  for (const auto& loop : components_->running)
    if (!wait_for_end(loop, deadline)) log::warn("agent.stop_deadline_passed", {{"ms", stop_deadline.count()}});
  components_->running.clear();
}

}  // namespace lars::agent
