#include "simulated_fleet.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "net/fence.hpp"
#include "storage/migrate/migrations.hpp"

namespace lars::test {
namespace {

using namespace std::chrono_literals;

const std::vector<route_key> modules{{1, 1}, {1, 2}, {2, 1}};
constexpr std::uint32_t hosts_a_module = 8;

endpoint agent_address(std::size_t number) { return {0x0A000100 + static_cast<std::uint32_t>(number), 8888}; }
endpoint caller_address(std::size_t number) { return {agent_address(number).ip, 9000}; }

endpoint host_address(std::size_t module, std::uint32_t number) {
  return {0x0A010000 + static_cast<std::uint32_t>(module) * 256 + number, 80};
}

void require(const result<void>& done) {
  if (!done) throw std::runtime_error(done.error().text());
}

// In memory if possible: an hour of commits is not to wait for a disk.
std::filesystem::path fast_directory() {
  const std::filesystem::path memory = "/dev/shm";
  return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
}

storage::storage_config created_database(const std::filesystem::path& directory) {
  const auto config = storage::parse_url("sqlite3://fleet.db", directory);
  if (!config || !storage::migrate(*config, storage::migrate_policy::create_and_upgrade))
    throw std::runtime_error("cannot create a database");
  return *config;
}

}  // namespace

simulated_fleet::simulated_fleet(std::uint64_t seed, bool stray)
    : seeds_(seed),
      random_(seeds_.draw()),
      stray_(stray),
      directory_(fast_directory()),
      database_(created_database(directory_.path())),
      editor_(storage::open_route_editor(database_)),
      agents_(agents) {
  network_.observe = [this](endpoint from, endpoint to, std::string_view bytes) {
    record_.push_back({elapsed(), from, to, std::string(bytes)});
  };
  for (std::size_t i = 0; i < modules.size(); ++i)
    for (std::uint32_t host = 0; host < hosts_a_module / 2; ++host)
      require(editor_->add({0, modules[i], {host_address(i, host), default_weight, host_state::up}}));
  start_dns();
  start_reporter();
  for (std::size_t i = 0; i < agents; ++i) {
    start_agent(i);
    callers_.push_back(std::make_unique<simulated_caller>(
        loop_, network_, caller_address(i), agent_address(i), modules,
        [this](endpoint host) { return !failing_.contains(host); }, random_()));
    boost::asio::co_spawn(loop_.context, callers_[i]->run(), net::exception_logger("calling hosts"));
  }
}

simulated_fleet::~simulated_fleet() {
  for (std::size_t i = 0; i < agents; ++i) stop_agent(i);
  stop_reporter();
  stop_dns();
  loop_.settle();
}

std::vector<storage::route_row> simulated_fleet::rows() {
  auto all = editor_->list(std::nullopt);
  if (!all) throw std::runtime_error(all.error().text());
  return *std::move(all);
}

void simulated_fleet::edit_routes() {
  const auto module = random_.below(static_cast<std::uint32_t>(modules.size()));
  const auto host = host_address(module, random_.below(hosts_a_module));
  const auto key = modules[module];
  const auto present = [&](const storage::route_row& row) { return row.key == key && row.target.where == host; };
  const auto all = rows();
  if (std::ranges::none_of(all, present))
    require(editor_->add({0, key, {host, default_weight, host_state::up}}));
  else if (random_.below(2) == 0)
    require(editor_->set(key, host, {.weight = 1 + random_.below(max_weight)}));
  else if (std::ranges::count(all, key, &storage::route_row::key) > 2)
    require(editor_->remove(key, host));
}

void simulated_fleet::change_hosts() {
  const auto module = random_.below(static_cast<std::uint32_t>(modules.size()));
  const auto host = host_address(module, random_.below(hosts_a_module));
  if (failing_.erase(host) == 0) failing_.insert(host);
}

void simulated_fleet::cut(endpoint server) {
  network_.hang(server);
  network_.reset(server);
}

void simulated_fleet::start_dns() {
  const dns::dns_config config{.listen = dns_address, .poll_interval = 1s};
  dns_ = std::make_unique<dns::role>(loop_.pool, config, database_, network_);
  require(dns_->listen());
  dns_->start();
}

void simulated_fleet::stop_dns() {
  if (!dns_) return;
  dns_->stop();
  loop_.settle();
  dns_.reset();
}

void simulated_fleet::start_reporter() {
  reporter::reporter_config config;
  config.listen = reporter_address;
  config.refused_path = directory_.path() / "refused.sql";
  reporter_ = std::make_unique<reporter::role>(loop_.pool, config, database_, network_);
  require(reporter_->listen());
  reporter_->start();
}

void simulated_fleet::stop_reporter() {
  if (!reporter_) return;
  reporter_->stop();
  loop_.settle();
  reporter_.reset();
}

void simulated_fleet::start_agent(std::size_t number) {
  agent::agent_config config;
  config.listen = agent_address(number);
  config.dns = {dns_address};
  config.reporters = {reporter_address};
  config.state_dir = directory_.path() / std::to_string(number);
  config.tick = 1s;
  config.report_interval = 5s;
  seeds_.use(!stray_ || number == 0);
  agents_[number] = std::make_unique<agent::role>(loop_.pool, config, network_);
  require(agents_[number]->listen());
  seeds_.use(true);
  agents_[number]->start();
}

void simulated_fleet::stop_agent(std::size_t number) {
  if (!agents_[number]) return;
  agents_[number]->stop();
  loop_.settle();
  agents_[number].reset();
}

void simulated_fleet::finish_calls() {
  for (const auto& each : callers_) each->stop();
  run_for(30s);
}

std::uint64_t simulated_fleet::reported() const {
  std::uint64_t calls = 0;
  for (const auto& each : callers_) calls += each->reported();
  return calls;
}

base::call_sums simulated_fleet::counted() {
  const auto reader = storage::open_status_reader(database_);
  const auto now = base::unix_seconds();
  const auto rows = reader->history(std::nullopt, 0, now + 86'400, storage::hour_step);
  if (!rows) throw std::runtime_error(rows.error().text());
  base::call_sums all;
  for (const auto& row : *rows) all += row.sums;
  return all;
}

bool simulated_fleet::routes_agree() {
  const auto all = rows();
  return std::ranges::all_of(modules, [&](route_key key) {
    std::vector<endpoint> stored;
    for (const auto& row : all)
      if (row.key == key) stored.push_back(row.target.where);
    std::ranges::sort(stored);
    return std::ranges::all_of(callers_, [&](const auto& each) { return each->route(key) == stored; });
  });
}

}  // namespace lars::test
