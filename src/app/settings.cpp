#include "app/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "app/key_check.hpp"
#include "app/state_dir.hpp"
#include "base/endpoint.hpp"

namespace lars::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_threads_by_default = 4;

// Reads one section. The table's values have been checked, so nothing here can fail.
class section_reader {
public:
  section_reader(const setting_table& table, std::string_view section) : table_(table), section_(section) {}

  const std::string& text(std::string_view name) const { return table_.value(section_, name); }

  template <class T>
  T number(std::string_view name) const {
    return *parse_number<T>(text(name));
  }

  std::chrono::seconds seconds(std::string_view name) const { return std::chrono::seconds(number<long long>(name)); }

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
  return config;
}

balance::health_config make_health(const section_reader& section) {
  balance::health_config health;
  health.probe_num = section.number<std::uint32_t>("probe_num");
  health.init_succ_cnt = section.number<std::uint32_t>("init_succ_cnt");
  health.init_err_cnt = section.number<std::uint32_t>("init_err_cnt");
  health.err_rate = section.number<double>("err_rate");
  health.succ_rate = section.number<double>("succ_rate");
  health.contin_err_limit = section.number<std::uint32_t>("contin_err_limit");
  health.contin_succ_limit = section.number<std::uint32_t>("contin_succ_limit");
  health.window_err_rate = section.number<double>("window_err_rate");
  health.idle_timeout = section.seconds("idle_timeout");
  health.overload_timeout = section.seconds("overload_timeout");
  return health;
}

agent::agent_config make_agent(const section_reader& section, const section_reader& loadbalance) {
  agent::agent_config config;
  config.listen = section.address();
  if (!section.text("dns").empty()) config.dns = *base::parse_endpoints(section.text("dns"));
  config.run_dir = section.path("run_dir");
  config.health = make_health(loadbalance);
  config.update_timeout = loadbalance.seconds("update_timeout");
  return config;
}

std::size_t make_threads(const section_reader& dns, std::size_t cores) {
  const auto wished = dns.number<std::size_t>("threads");
  return wished > 0 ? wished : std::clamp<std::size_t>(cores, 1, most_threads_by_default);
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

bool settings::needs_state_dir() const {
  if (runs(role_kind::agent)) return true;
  return runs(role_kind::dns) && storage.kind == storage::backend::sqlite &&
         fs::path(storage.connect).parent_path() == state_dir;
}

endpoint settings::agent_to_ask() const {
  constexpr std::uint32_t loopback = 0x7f000001;
  return {agent.listen.ip == 0 ? loopback : agent.listen.ip, agent.listen.port};
}

result<settings> make_settings(const setting_table& table, const std::vector<role_kind>& roles,
                               const variables& environment, bool is_root, std::size_t cores) {
  settings made;
  made.roles = roles;
  const auto state_dir = find_state_dir(table.value("state", "dir"), environment, is_root);
  if (state_dir) made.state_dir = *state_dir;
  auto storage = make_storage(table.at("storage", "url"), made.state_dir);
  if (!storage) return storage.error();
  made.storage = std::move(*storage);
  made.storage_is_set = !table.at("storage", "url").origin.empty();
  const bool lies_in_state_dir =
      made.storage.kind == storage::backend::sqlite && !fs::path(made.storage.connect).is_absolute();
  if (!state_dir && (lies_in_state_dir || made.runs(role_kind::agent))) return state_dir.error();

  const section_reader dns(table, "dns");
  made.dns = make_dns(dns);
  made.threads = make_threads(dns, cores);
  made.agent = make_agent(section_reader(table, "agent"), section_reader(table, "loadbalance"));
  made.agent.state_dir = made.state_dir;
  made.agent_dns_is_set = !table.at("agent", "dns").origin.empty();
  made.log = make_log_config(table);
  return made;
}

result<settings> load_settings(const setting_sources& sources) {
  const auto table = gather(sources);
  if (!table) return table.error();
  return make_settings(*table, sources.roles, sources.environment, ::geteuid() == 0,
                       std::thread::hardware_concurrency());
}

}  // namespace lars::app
