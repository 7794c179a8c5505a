#include "app/application.hpp"

#include "app/health_routes.hpp"
#include "app/process.hpp"
#include "app/state_dir.hpp"
#include "base/endpoint.hpp"
#include "log/log.hpp"

namespace lars::app {
namespace {

constexpr std::chrono::milliseconds default_beat{500};  // interval if no service manager asks for one
constexpr std::chrono::seconds stuck_after{5};          // a thread without a beat for this long counts as stuck

// The address under which the agent reaches a role of the same process.
endpoint local_address(endpoint listen, std::uint32_t port) {
  return {listen.ip == 0 ? base::loopback : listen.ip, port};
}

error for_role(role_kind role, const error& cause) {
  return {cause.code,
          std::string("role ") + role_name(role) + ": " + (cause.detail.empty() ? cause.text() : cause.detail)};
}

}  // namespace

application::application(settings configuration) : settings_(std::move(configuration)), pool_(settings_.threads) {}

application::~application() { stop(); }

result<void> application::listen() {
  // Bind first, so that a port in use is detected before a directory or a database is created.
  if (settings_.runs(role_kind::dns))
    if (auto bound = listen_dns(); !bound) return bound;
  if (settings_.runs(role_kind::reporter))
    if (auto bound = listen_reporter(); !bound) return bound;
  if (settings_.needs_state_dir())
    if (auto created = make_state_dir(settings_.state_dir); !created) return created;
  if (auto opened = open_storage(); !opened) return opened;
  if (settings_.runs(role_kind::agent))
    if (auto bound = listen_agent(); !bound) return bound;
  return listen_http();
}

// Opening a SQLite file waits while another program has it locked; SIGTERM and SIGINT end that wait. MySQL is opened
// once the roles run.
result<void> application::open_storage() {
  if (!settings_.uses_storage() || settings_.storage.kind != storage::backend::sqlite) return {};
  const signals_let_through while_it_lasts;
  return open_sqlite(settings_.storage);
}

// `filling` makes the roles wait while an empty database gets its tables.
storage::storage_config application::roles_storage() const {
  storage::storage_config config = settings_.storage;
  config.filling = filling_;
  return config;
}

// Called last, because the answers come from the roles. If the default port is in use, binds any free port instead.
result<void> application::listen_http() {
  std::vector<role_face> faces;
  const auto add = [&faces](role_kind kind, const auto& role) {
    if (!role) return;
    faces.push_back({role_name(kind), [face = role.get()] { return face->not_ready(); },
                     [face = role.get()] { return face->metrics(); }});
  };
  add(role_kind::dns, dns_);
  if (dns_) faces.back().notice = [dns = dns_.get()] { return dns->notice(); };
  add(role_kind::reporter, reporter_);
  add(role_kind::agent, agent_);
  if (agent_) faces.back().notice = [agent = agent_.get()] { return agent->notice(); };
  if (agent_)
    faces.back().add_routes = [agent = agent_.get()](http::router& routes) {
      routes.add("GET", "/explain", [agent](const http::request& request) { return agent->explain(request); });
    };
  faces.push_back({"http", {}, [this] { return http_->metrics(); }});
  auto config = settings_.http;
  const auto make = [&] {
    http_ = std::make_unique<http::server>(pool_, config,
                                           make_health_routes(faces, stopping_, [this] { return stuck_threads(); }));
    return http_->listen();
  };
  auto bound = make();
  if (!bound && !settings_.http_port_is_set) {
    log::warn("http.default_port_taken", {{"port", config.listen.port}, {"reason", bound.error().text()}});
    config.listen.port = 0;
    bound = make();
  }
  if (!bound) return {bound.error().code, "[http]: " + bound.error().detail};
  return {};
}

result<void> application::listen_dns() {
  dns_ = std::make_unique<dns::role>(pool_, settings_.dns, roles_storage());
  if (const auto bound = dns_->listen(); !bound) return for_role(role_kind::dns, bound.error());
  return {};
}

result<void> application::listen_reporter() {
  reporter_ = std::make_unique<reporter::role>(pool_, settings_.reporter, roles_storage());
  if (const auto bound = reporter_->listen(); !bound) return for_role(role_kind::reporter, bound.error());
  return {};
}

void application::connect_agent_to_local_roles() {
  if (dns_ && !settings_.agent_dns_is_set) agent_->use_dns({local_address(settings_.dns.listen, dns_->port())});
  if (reporter_ && !settings_.agent_reporter_is_set)
    agent_->use_reporters({local_address(settings_.reporter.listen, reporter_->port())});
}

result<void> application::listen_agent() {
  agent_ = std::make_unique<agent::role>(pool_, settings_.agent);
  connect_agent_to_local_roles();
  if (const auto bound = agent_->listen(); !bound) return for_role(role_kind::agent, bound.error());
  return {};
}

std::vector<application::listener> application::listeners() const {
  std::vector<listener> all;
  if (dns_) all.push_back({role_name(role_kind::dns), dns_->port()});
  if (reporter_) all.push_back({role_name(role_kind::reporter), reporter_->port()});
  if (agent_) all.push_back({role_name(role_kind::agent), agent_->port()});
  all.push_back({"http", http_->port()});
  return all;
}

std::uint32_t application::port_of(std::string_view name) const {
  for (const auto& entry : listeners())
    if (entry.name == name) return entry.port;
  return 0;
}

void application::start(std::optional<std::chrono::microseconds> beat, std::function<void()> alive) {
  running_ = true;
  watch(beat.value_or(default_beat), std::move(alive));
  pool_.start();
  if (settings_.uses_storage() && settings_.storage.kind == storage::backend::mysql)
    mysql_ = std::make_unique<mysql_opening>(settings_.storage, filling_);
  if (dns_) dns_->start();
  if (reporter_) reporter_->start();
  if (agent_) agent_->start();
  http_->start();
}

void application::watch(std::chrono::microseconds beat, std::function<void()> alive) {
  std::vector<watched_thread> threads;
  for (std::size_t i = 0; i < pool_.size(); ++i) threads.push_back({"io " + std::to_string(i), &pool_.context(i)});
  if (agent_)
    for (const auto& [port, context] : agent_->contexts())
      threads.push_back({"UDP port " + std::to_string(port), context});
  watchdog_ = std::make_unique<watchdog>(threads, beat, std::move(alive));
  watchdog_->start();
}

std::string application::stuck_threads() const {
  return watchdog_ ? watchdog_->stuck(base::clock::now(), stuck_after) : std::string();
}

void application::use(const settings& changed) {
  if (dns_) dns_->set_intervals({changed.dns.poll_interval, changed.dns.reconcile_interval});
  if (reporter_) reporter_->use(changed.reporter.history);
  if (agent_)
    agent_->use(
        {changed.agent.policy, changed.agent.health, changed.agent.update_timeout, changed.agent.report_interval});
}

void application::stop() {
  stopping_ = true;
  // Stop the watchdog before the UDP ports, whose threads end when they run out of work.
  if (running_ && watchdog_) watchdog_->stop();
  if (mysql_) mysql_->ask_to_stop();
  // Begin early, because a database that hangs delays the stop of dns. dns closes its connections only after the agent
  // has stopped, because the agent would look for another dns.
  if (running_ && dns_) dns_->begin_stop();
  // Stop only what was started: other roles have no work on the pool to wait for.
  if (running_ && agent_) agent_->stop();
  // After the agent, so that the reporter still receives its last results.
  if (running_ && reporter_) reporter_->stop();
  if (running_ && dns_) dns_->stop();
  // Last, so that /readyz reports "stopping" until the end.
  if (running_ && http_) http_->stop();
  running_ = false;
  pool_.stop();
  watchdog_.reset();  // before the agent, which owns contexts of its timers
  http_.reset();
  agent_.reset();
  reporter_.reset();
  dns_.reset();
  mysql_.reset();
}

}  // namespace lars::app
