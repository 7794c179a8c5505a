#include "bench/own_agent.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/endpoint.hpp"
#include "storage/migrate/migrations.hpp"

namespace lars::bench {
namespace {

namespace fs = std::filesystem;

std::string address_of(const child_role& role) { return base::format_endpoint({base::loopback, role.port()}); }

}  // namespace

result<std::unique_ptr<own_agent>> own_agent::start(const own_agent_config& config, std::ostream& progress) {
  std::string name = (fs::temp_directory_path() / "lars-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return {errc::io_failed, name + ": " + std::strerror(errno)};
  const auto storage = storage::parse_url("sqlite3://lars.db", name);
  if (!storage) return storage.error();
  std::unique_ptr<own_agent> agent(new own_agent(name, *storage, config.size));
  if (const auto tables = storage::migrate(*storage, storage::migrate_policy::create_and_upgrade); !tables)
    return tables.error();
  if (const auto filled = fill_routes(*storage, config.size, progress); !filled) return filled.error();
  if (const auto started = agent->start_roles(config); !started) return started.error();
  return agent;
}

result<void> own_agent::start_roles(const own_agent_config& config) {
  const auto start = [&](const std::string& role, std::vector<std::string> settings) {
    settings.insert(settings.end(), {"state.dir=" + dir_.string(), "log.level=warn", role + ".port=0", "http.port=0"});
    std::vector<std::string> args;
    for (auto& setting : settings) args.insert(args.end(), {"--set", std::move(setting)});
    return child_role::start(config.program, role, args, std::nullopt);
  };
  auto dns = start("dns", {});
  if (!dns) return dns.error();
  dns_ = *std::move(dns);
  std::vector<std::string> of_agent{"agent.run_dir=" + dir_.string(), "agent.dns=" + address_of(*dns_)};
  if (!config.policy.empty()) of_agent.push_back("loadbalance.policy=" + config.policy);
  std::string reporter_address;  // empty = the agent counts no results
  if (config.reporter) {
    auto reporter = start("reporter", {});
    if (!reporter) return reporter.error();
    reporter_ = *std::move(reporter);
    reporter_address = address_of(*reporter_);
  }
  of_agent.push_back("agent.reporter=" + reporter_address);
  auto agent = start("agent", of_agent);
  if (!agent) return agent.error();
  agent_ = *std::move(agent);
  const auto http_port = agent_->http_port();
  if (!http_port) return http_port.error();
  http_port_ = *http_port;
  return {};
}

own_agent::~own_agent() {
  agent_.reset();
  reporter_.reset();
  dns_.reset();
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

std::vector<route_key> own_agent::modules() const {
  std::vector<route_key> keys;
  for (std::int32_t modid = 1; modid <= size_.modules; ++modid) keys.push_back({modid, 1});
  return keys;
}

endpoint own_agent::where() const { return {base::loopback, agent_->port()}; }

client::caller_config own_agent::through(client::transport transport) const {
  client::caller_config config;
  if (transport == client::transport::shared_memory) config.run_dir = dir_.string();
  config.agent = where();
  return config;
}

std::uint64_t own_agent::own_memory(const metrics_page& metrics) const {
  return memory_of(agent_->pid()).anonymous + metrics.sum("lars_agent_routes_bytes") +
         mapped_files_of(agent_->pid(), dir_.string() + '/');
}

}  // namespace lars::bench
