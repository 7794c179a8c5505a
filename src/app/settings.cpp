#include "app/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "app/key_check.hpp"
#include "app/state_dir.hpp"
#include "balance/health/health_settings.hpp"
#include "balance/policy/registry.hpp"
#include "base/endpoint.hpp"
#include "base/number.hpp"

namespace lars::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_threads_by_default = 4;
constexpr std::size_t descriptors_a_caller = 2;  // its socket and its pidfd

// Reads one section. Cannot fail, because the values of the table have been checked.
class section_reader {
public:
  section_reader(const setting_table& table, std::string_view section) : table_(table), section_(section) {}

  const std::string& text(std::string_view name) const { return table_.value(section_, name); }

  template <class T>
  T number(std::string_view name) const {
    return *base::parse_number<T>(text(name));
  }

  std::chrono::seconds seconds(std::string_view name) const { return std::chrono::seconds(number<long long>(name)); }

  std::chrono::seconds duration(std::string_view name) const { return *parse_duration(text(name)); }

  std::size_t mebibytes(std::string_view name) const { return number<std::size_t>(name) << 20; }

  endpoint address() const { return {*base::parse_ipv4(text("ip")), number<std::uint32_t>("port")}; }

  fs::path path(std::string_view name) const { return text(name).empty() ? fs::path() : fs::absolute(text(name)); }

private:
  const setting_table& table_;
  const std::string_view section_;
};

dns::dns_config make_dns(const section_reader& section) {
  dns::dns_config config;
  config.listen = section.address();
  config.poll_interval = std::chrono::milliseconds(section.number<long long>("poll_interval_ms"));
  config.reconcile_interval = section.seconds("reconcile_interval_s");
  config.max_connections = section.number<std::size_t>("max_connections");
  config.max_subscriptions = section.number<std::size_t>("max_subscriptions");
  config.answer_bytes = section.mebibytes("answers_mb");
  return config;
}

// The address for clients on this machine.
std::uint32_t reachable(std::uint32_t listen) { return listen == 0 ? base::loopback : listen; }

// Each role has its own default HTTP port, so that they can run on one machine. Several roles use that of the first.
std::uint32_t default_http_port(const std::vector<role_kind>& roles) {
  if (contains(roles, role_kind::dns) || roles.empty()) return 7780;
  return contains(roles, role_kind::reporter) ? 7781 : 7782;
}

http::server_config make_http(const section_reader& section) {
  http::server_config config;
  config.listen = section.address();
  config.max_connections = section.number<std::size_t>("max_connections");
  return config;
}

reporter::reporter_config make_reporter(const section_reader& section, const section_reader& history) {
  reporter::reporter_config config;
  config.listen = section.address();
  config.max_connections = section.number<std::size_t>("max_connections");
  config.writers = section.number<std::size_t>("writers");
  config.queue_bytes = section.mebibytes("queue_mb");
  config.history = {history.duration("keep_10s"), history.duration("keep_1m"), history.duration("keep_1h")};
  return config;
}

// A coarser step must be kept at least as long as the finer step that is merged into it.
result<void> check_order(const setting_table& table, const reporter::history_config& history) {
  const bool minutes = history.keep_1m < history.keep_10s;
  if (!minutes && history.keep_1h >= history.keep_1m) return {};
  const char* name = minutes ? "keep_1m" : "keep_1h";
  const setting& found = table.at("history", name);
  return {errc::invalid_argument, (found.origin.empty() ? "default" : found.origin) + ": [history] " + name + " = '" +
                                      found.value + "' is not allowed; allowed: at least " +
                                      (minutes ? "keep_10s" : "keep_1m")};
}

balance::health_config make_health(const section_reader& section) {
  base::setting_map values;
  for (const auto& one : balance::all_health_settings()) values.emplace(one.name, section.text(one.name));
  return *balance::make_health({}, values);
}

agent::agent_config make_agent(const section_reader& section, const section_reader& loadbalance) {
  agent::agent_config config;
  config.listen = section.address();
  if (!section.text("dns").empty()) config.dns = *base::parse_endpoints(section.text("dns"));
  if (!section.text("reporter").empty()) config.reporters = *base::parse_endpoints(section.text("reporter"));
  config.report_interval = std::chrono::milliseconds(section.number<long long>("report_interval_ms"));
  config.spool_bytes = section.mebibytes("spool_mb");
  config.run_dir = section.path("run_dir");
  config.group = section.text("group");
  config.routes_bytes = section.mebibytes("routes_mb");
  config.max_callers = section.number<std::size_t>("max_callers");
  config.caller_bytes = section.mebibytes("caller_mb");
  config.tick = std::chrono::milliseconds(section.number<long long>("tick_ms"));
  config.policy = *balance::make_policy(loadbalance.text("policy"), {});
  config.health = make_health(loadbalance);
  config.update_timeout = loadbalance.seconds("update_timeout");
  return config;
}

// One pool serves all roles, so use the largest number configured.
std::size_t make_threads(const setting_table& table, const std::vector<role_kind>& roles, std::size_t cores) {
  std::size_t threads = 0;
  for (const role_kind role : {role_kind::dns, role_kind::reporter})
    if (contains(roles, role))
      threads = std::max(threads, section_reader(table, role_name(role)).number<std::size_t>("threads"));
  return threads > 0 ? threads : std::clamp<std::size_t>(cores, 1, most_threads_by_default);
}

result<storage::storage_config> make_storage(const setting& url, const fs::path& state_dir) {
  auto storage = storage::parse_url(url.value, state_dir);
  if (storage) return storage;
  const std::string origin = url.origin.empty() ? "default" : url.origin;
  return {errc::invalid_argument, origin + ": " + storage.error().detail};
}

}  // namespace

log::log_config make_log_config(const setting_table& table) {
  const section_reader section(table, "log");
  const std::string& name = section.text("level");
  log::log_config config;
  config.least = name == "debug"  ? log::level::debug
                 : name == "info" ? log::level::info
                 : name == "warn" ? log::level::warn
                                  : log::level::error;
  config.form = section.text("format") == "json" ? log::format::json : log::format::text;
  config.file = section.path("file").string();
  return config;
}

bool fit_connections(settings& to, std::size_t descriptors) {
  // Databases, files, the epoll descriptors of threads, the UDP ports.
  const std::size_t reserved = 64 + 4 * to.threads + to.reporter.writers + to.http.max_connections;
  const std::size_t available = descriptors > reserved + 16 ? descriptors - reserved : 16;
  const std::size_t required = (to.runs(role_kind::dns) ? to.dns.max_connections : 0) +
                               (to.runs(role_kind::reporter) ? to.reporter.max_connections : 0) +
                               (to.runs(role_kind::agent) ? descriptors_a_caller * to.agent.max_callers : 0);
  if (required <= available) return false;
  for (std::size_t* const limit : {&to.dns.max_connections, &to.reporter.max_connections, &to.agent.max_callers})
    *limit =
        std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(*limit) * static_cast<double>(available) /
                                                          static_cast<double>(required)));
  return true;
}

bool settings::needs_state_dir() const {
  if (runs(role_kind::agent)) return true;
  return uses_storage() && storage.kind == storage::backend::sqlite &&
         fs::path(storage.connect).parent_path() == state_dir;
}

endpoint settings::agent_to_ask() const { return {reachable(agent.listen.ip), agent.listen.port}; }

std::vector<endpoint> settings::agent_http_to_ask() const {
  const auto ip = reachable(http.listen.ip);
  if (http_port_is_set) return {{ip, http.listen.port}};
  return {{ip, default_http_port({role_kind::agent})}, {ip, default_http_port({role_kind::dns})}};
}

result<settings> make_settings(const setting_table& table, const std::vector<role_kind>& roles,
                               const variables& environment, bool is_root, std::size_t cores) {
  settings configuration;
  configuration.roles = roles;
  const auto state_dir = find_state_dir(table.value("state", "dir"), environment, is_root);
  if (state_dir) configuration.state_dir = *state_dir;
  auto storage = make_storage(table.at("storage", "url"), configuration.state_dir);
  if (!storage) return storage.error();
  configuration.storage = std::move(*storage);
  configuration.storage_is_set = !table.at("storage", "url").origin.empty();
  const bool lies_in_state_dir =
      configuration.storage.kind == storage::backend::sqlite && !fs::path(configuration.storage.connect).is_absolute();
  if (!state_dir && (lies_in_state_dir || configuration.runs(role_kind::agent))) return state_dir.error();

  configuration.dns = make_dns(section_reader(table, "dns"));
  configuration.reporter = make_reporter(section_reader(table, "reporter"), section_reader(table, "history"));
  if (const auto ordered = check_order(table, configuration.reporter.history); !ordered) return ordered.error();
  configuration.reporter.refused_path = configuration.state_dir / "refused.sql";
  configuration.threads = make_threads(table, roles, cores);
  configuration.agent = make_agent(section_reader(table, "agent"), section_reader(table, "loadbalance"));
  configuration.agent.state_dir = configuration.state_dir;
  if (configuration.agent.run_dir.empty())
    configuration.agent.run_dir =
        find_run_dir(configuration.state_dir, !table.value("state", "dir").empty(), environment, is_root);
  configuration.agent_dns_is_set = !table.at("agent", "dns").origin.empty();
  configuration.agent_reporter_is_set = !table.at("agent", "reporter").origin.empty();
  configuration.http = make_http(section_reader(table, "http"));
  configuration.http_port_is_set = !table.at("http", "port").origin.empty();
  if (!configuration.http_port_is_set) configuration.http.listen.port = default_http_port(roles);
  configuration.log = make_log_config(table);
  return configuration;
}

result<settings> load_settings(const setting_table& table, const setting_sources& sources) {
  return make_settings(table, sources.roles, sources.environment, ::geteuid() == 0,
                       std::thread::hardware_concurrency());
}

result<settings> load_settings(const setting_sources& sources) {
  const auto table = gather(sources);
  if (!table) return table.error();
  return load_settings(*table, sources);
}

}  // namespace lars::app
