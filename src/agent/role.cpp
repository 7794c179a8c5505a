#include "agent/role.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <future>
#include <optional>
#include <string>
#include <utility>

#include "agent/agent_metrics.hpp"
#include "agent/callers/run_dir_keeper.hpp"
#include "agent/callers/shared_memory_server.hpp"
#include "agent/calls/port_server.hpp"
#include "agent/explain_answer.hpp"
#include "agent/local/instance_lock.hpp"
#include "agent/local/stable_id.hpp"
#include "agent/results/status_loop.hpp"
#include "agent/routes/route_manager.hpp"
#include "agent/routes/route_memory.hpp"
#include "base/directory.hpp"
#include "base/endpoint.hpp"
#include "log/log.hpp"
#include "net/fence.hpp"
#include "share/attach.hpp"

namespace lars::agent {
namespace {

constexpr std::size_t udp_ports = 3;
constexpr std::chrono::milliseconds stop_deadline{2000};

// Agents that share a machine differ by their port.
std::string identity(endpoint listen) {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return std::string(name) + '/' + base::format_endpoint(listen);
}

}  // namespace

// In the order in which they need each other.
struct role::parts {
  parts(net::io_pool& pool, agent_config settings)
      : context(pool.context(pool.size() - 1)), config(std::move(settings)), routes(config.state_dir / "routes.log") {}

  result<void> prepare_directories();
  result<void> load_routes();
  result<void> open_shared_memory();
  result<void> bind();
  std::future<void> run(boost::asio::awaitable<void> loop);
  void wake_for(miss_queue& misses);

  boost::asio::io_context& context;
  agent_config config;
  instance_lock lock;
  instance_lock state_lock;  // where the state directory is another one
  route_file routes;
  net::blocking_pool files{1};
  call_counters counters;
  base::tick_meter meter;
  base::tick_rate rate;
  std::optional<route_memory> memory;
  std::unique_ptr<route_manager> control;
  std::unique_ptr<shared_memory_server> callers;
  std::unique_ptr<run_dir_keeper> keeper;
  std::unique_ptr<status_loop> status;  // null: nobody wants results
  port_servers ports;
  std::future<void> callers_ended;       // valid once started
  std::vector<std::future<void>> ended;  // of the other loops
};

result<void> role::parts::prepare_directories() {
  if (config.run_dir.empty()) config.run_dir = config.state_dir;
  if (const auto made = base::make_directory(config.state_dir.string()); !made) return made.error();
  if (auto made = share::make_directory_for(config.run_dir.string(), config.group); !made) return made;
  if (auto taken = lock.take(config.run_dir); !taken) return taken;
  if (config.run_dir != config.state_dir)
    if (auto taken = state_lock.take(config.state_dir); !taken) return taken;
  config.stable_id = stable_id(config.state_dir);
  return {};
}

result<void> role::parts::load_routes() {
  const bool counts = !config.reporters.empty();
  rate = trusted_rate(meter);
  memory.emplace(config.routes_bytes, rate);
  control = std::make_unique<route_manager>(context, config, files, routes, counts ? &counters : nullptr, *memory);
  if (counts) {
    // Before the routes, whose hosts take rows of the counters.
    status = std::make_unique<status_loop>(context, config, control->modules(), counters, files);
    if (auto opened = status->open(); !opened) return opened;
  }
  auto loaded = routes.load([this](proto::route_response&& route) {
    control->restore(std::move(route), base::clock::now() - routes.age().value_or(std::chrono::milliseconds(0)));
  });
  if (loaded && control->modules().size() > 0)
    log::info("agent.routes_restored", {{"modules", control->modules().size()}});
  return loaded;
}

// Shared memory is a transport beside UDP: an agent that cannot open it serves through the other one, and says so.
result<void> role::parts::open_shared_memory() {
  shared_memory_links links{[this](route_key key, const auto& may_ask) { return control->want(key, may_ask); },
                            [this](route_key key) { control->on_miss(key); },
                            [this] { return control->link().connected(); },
                            [this](const auto& each) {
                              for (const auto& port : ports) port->strays().drain(each);
                            }};
  callers = std::make_unique<shared_memory_server>(context, config, memory->routes(), meter, rate, control->modules(),
                                                   config.reporters.empty() ? nullptr : &counters, std::move(links));
  auto opened = callers->acceptor().listen();
  const auto failure = opened ? std::string() : opened.error().text();
  keeper = std::make_unique<run_dir_keeper>(context, config, lock, callers->acceptor(), failure);
  if (opened || opened.error().code == errc::invalid_argument) return opened;
  log::warn("agent.nothing_shared", {{"reason", failure}});
  return {};
}

result<void> role::parts::bind() {
  auto bound = bind_ports(config.listen, udp_ports, [this](endpoint where) {
    return std::make_unique<port_server>(where, control->modules(), control->absent(),
                                         [this](miss_queue& misses) { wake_for(misses); });
  });
  if (!bound) return bound.error();
  ports = *std::move(bound);
  return {};
}

void role::parts::wake_for(miss_queue& misses) {
  net::post(context, "asking dns for modules", [this, &misses] {
    misses.drain([this](route_key key) { control->on_miss(key); });
    control->pump();
  });
}

std::future<void> role::parts::run(boost::asio::awaitable<void> loop) {
  auto finished = std::make_shared<std::promise<void>>();
  auto ended_later = finished->get_future();
  boost::asio::co_spawn(context, std::move(loop), [finished](const std::exception_ptr& failure) {
    net::log_exception("running the agent", failure);
    finished->set_value();
  });
  return ended_later;
}

role::role(net::io_pool& pool, agent_config config) : parts_(std::make_unique<parts>(pool, std::move(config))) {}

role::~role() = default;

result<void> role::listen() {
  if (auto ready = parts_->prepare_directories(); !ready) return ready;
  // Before the ports: whoever finds them bound is answered from the saved routes.
  if (auto loaded = parts_->load_routes(); !loaded) return loaded;
  if (auto opened = parts_->open_shared_memory(); !opened) return opened;
  return parts_->bind();
}

std::uint32_t role::port() const { return parts_->ports.front()->port(); }

void role::use_dns(std::vector<endpoint> servers) { parts_->config.dns = std::move(servers); }

void role::use_reporters(std::vector<endpoint> servers) { parts_->config.reporters = std::move(servers); }

void role::start() {
  const auto name = identity(parts_->config.listen);
  parts_->ended.push_back(parts_->run(parts_->control->run(name)));
  parts_->callers_ended = parts_->run(parts_->callers->run());
  parts_->ended.push_back(parts_->run(
      net::keep_running("keeping the run directory", [keeper = parts_->keeper.get()] { return keeper->run(); })));
  if (parts_->status) parts_->ended.push_back(parts_->run(parts_->status->run(name)));
  for (auto& port : parts_->ports) port->start();
}

void role::use(const agent_tuning& tuning) {
  net::post(parts_->context, "applying a reloaded configuration", [parts = parts_.get(), tuning] {
    parts->config.update_timeout = tuning.update_timeout;
    parts->config.report_interval = tuning.report_interval;
    parts->control->use({tuning.policy, tuning.health});
    if (parts->status) parts->status->retime();
  });
}

std::string role::not_ready() const {
  if (parts_->control->stats().modules > 0 || parts_->control->link().connected()) return {};
  return "no dns has been reached and no route is known";
}

std::string role::notice() const {
  const auto now = base::clock::now();
  const auto amiss = [now](const link_stats& link, const char* ill, const char* alone) -> std::string {
    if (link.ill()) return ill;
    return link.alone(now) > std::chrono::seconds(1) ? alone : "";
  };
  const auto& dns = parts_->control->link();
  std::string notice;
  if (!parts_->config.dns.empty()) notice = amiss(dns, "its dns has lost the database", "no dns answers");
  if (!notice.empty())
    notice = "routes are " + std::to_string(static_cast<long>(dns.age(now).count())) + " s old: " + notice;
  if (!parts_->status) return notice;
  const std::string results = amiss(parts_->status->link(), "its reporter cannot write them", "no reporter answers");
  if (!results.empty()) notice += (notice.empty() ? "results wait: " : "; results wait: ") + results;
  return notice;
}

std::vector<http::metric> role::metrics() const {
  std::vector<port_counts> ports;
  for (const auto& port : parts_->ports) ports.push_back(port->counts());
  auto all = call_metrics(ports);
  http::merge(all, route_metrics(parts_->control->stats(), parts_->control->modules().stats()));
  http::merge(all, caller_metrics(parts_->callers->stats(), parts_->keeper->restored()));
  http::merge(all, load_metrics(ports, parts_->callers->stats()));
  if (parts_->status) http::merge(all, report_metrics(parts_->status->stats()));
  http::merge(all, link_metrics(parts_->control->link(), parts_->status ? &parts_->status->link() : nullptr,
                                base::clock::now()));
  return all;
}

http::response role::explain(const http::request& asked) const {
  return explain_answer(parts_->control->modules(), asked, base::random_source::from_system(), base::clock::now());
}

std::vector<std::pair<std::uint32_t, boost::asio::io_context*>> role::contexts() const {
  std::vector<std::pair<std::uint32_t, boost::asio::io_context*>> all;
  for (const auto& port : parts_->ports) all.emplace_back(port->port(), &port->context());
  return all;
}

void role::stop() {
  if (parts_->ended.empty()) return;
  // First the threads that hand misses to the control loop: afterwards nothing new comes to it.
  for (auto& port : parts_->ports) port->stop();
  const auto deadline = base::clock::now() + stop_deadline;
  // What callers counted belongs to the results that are drained for the last time.
  net::post(parts_->context, "stopping the agent", [callers = parts_->callers.get(), keeper = parts_->keeper.get()] {
    keeper->stop();
    callers->stop();
  });
  parts_->callers_ended.wait_until(deadline);
  net::post(parts_->context, "stopping the agent", [control = parts_->control.get(), status = parts_->status.get()] {
    control->stop();
    if (status != nullptr) status->stop();
  });
  for (auto& loop : parts_->ended)
    if (loop.wait_until(deadline) != std::future_status::ready)
      log::warn("agent.stop_deadline_passed", {{"ms", stop_deadline.count()}});
  parts_->ended.clear();
}

}  // namespace lars::agent
