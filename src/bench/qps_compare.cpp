#include "bench/qps_compare.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <thread>

#include "base/endpoint.hpp"
#include "bench/child_roles.hpp"
#include "bench/qps_load.hpp"
#include "bench/udp_echo.hpp"
#include "client/udp_door.hpp"
#include "storage/migrations.hpp"
#include "storage/storage.hpp"

namespace lars::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::int32_t module_count = 100;
constexpr std::uint32_t hosts_each = 5;
constexpr int server_cpu = 0;
constexpr std::uint32_t loopback = 0x7f000001;

class temporary_dir {
public:
  temporary_dir() : path_(fs::temp_directory_path() / "lars-bench-XXXXXX") {
    std::string name = path_.string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  temporary_dir(const temporary_dir&) = delete;
  temporary_dir& operator=(const temporary_dir&) = delete;
  ~temporary_dir() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

std::vector<route_key> modules() {
  std::vector<route_key> keys;
  for (std::int32_t i = 1; i <= module_count; ++i) keys.push_back({i, 1});
  return keys;
}

result<void> fill(const storage::storage_config& storage) {
  if (const auto made = storage::migrate(storage, storage::migrate_policy::create_and_upgrade); !made)
    return made.error();
  std::vector<storage::route_row> rows;
  for (const auto& key : modules())
    for (std::uint32_t i = 0; i < hosts_each; ++i) {
      const endpoint where{0x0A000000u + static_cast<std::uint32_t>(key.modid) * 256 + i, 8080};
      rows.push_back({0, key, {where, default_weight, host_state::up}, {}});
    }
  if (const auto imported = storage::open_editor(storage)->import(rows, std::nullopt); !imported)
    return imported.error();
  return {};
}

// Every module once, so that its route has been pulled before anything is measured.
result<void> warm(endpoint agent) {
  auto door = client::udp_door::open({agent, {}});
  if (!door) return door.error();
  for (const auto& key : modules()) {
    auto given = door->get_host(key);
    for (int i = 0; !given && i < 20; ++i) given = door->get_host(key);
    if (!given) return {given.error().code, "module " + std::to_string(key.modid) + " 1"};
  }
  return {};
}

// A server under measurement: where it is, and how much processor time it has used.
struct server {
  std::string name;
  endpoint where;
  bool bare = false;
  std::function<std::chrono::nanoseconds()> cpu_time;
};

result<figure_row> measure(const server& target, std::size_t threads, bool report, std::optional<int> cpu,
                           std::chrono::milliseconds each) {
  load_config load;
  load.target = target.where;
  load.modules = modules();
  load.threads = threads;
  load.lasts = each;
  load.report = report;
  load.bare = load.one_port = target.bare;
  load.cpu = cpu;
  const auto before = target.cpu_time();
  const auto figures = run_load(load);
  if (!figures) return figures.error();
  const std::chrono::duration<double, std::micro> used = target.cpu_time() - before;
  const double a_call = figures->calls == 0 ? 0 : used.count() / static_cast<double>(figures->calls);
  return figure_row{{"server", target.name},
                    {"processors", std::string(cpu == server_cpu ? "one" : "apart")},
                    {"threads", static_cast<std::int64_t>(threads)},
                    {"report", std::string(report ? "yes" : "no")},
                    {"calls_per_second", figures->calls_per_second},
                    {"p50_us", figures->p50_us},
                    {"p99_us", figures->p99_us},
                    {"p999_us", figures->p999_us},
                    {"server_cpu_us_per_call", a_call},
                    {"errors", static_cast<std::int64_t>(figures->errors)}};
}

result<void> measure_all(const server& target, std::chrono::milliseconds each, std::ostream& progress,
                         std::vector<figure_row>& rows) {
  std::vector<int> client_cpus{server_cpu};
  if (std::thread::hardware_concurrency() > 1) client_cpus.push_back(1);
  for (const int cpu : client_cpus)
    for (const bool report : {true, false})
      for (const std::size_t threads : {1u, 2u, 4u}) {
        progress << "lars: measuring " << target.name << ", " << threads << " clients" << std::endl;
        auto row = measure(target, threads, report, cpu, each);
        if (!row) return row.error();
        rows.push_back(std::move(*row));
      }
  return {};
}

}  // namespace

result<std::vector<figure_row>> run_comparison(const fs::path& program, std::chrono::milliseconds each,
                                               std::ostream& progress) {
  const temporary_dir dir;
  const auto storage = storage::parse_url("sqlite3://lars.db", dir.path());
  if (!storage) return storage.error();
  if (const auto filled = fill(*storage); !filled) return filled.error();
  const std::vector<std::string> common{"--set", "state.dir=" + dir.path().string(), "--set", "log.level=warn",
                                        "--set"};
  auto dns_args = common, agent_args = common;
  dns_args.push_back("dns.port=0");
  dns_args.insert(dns_args.end(), {"--set", "http.port=0"});
  const auto dns = child_role::start(program, "dns", dns_args, std::nullopt);
  if (!dns) return dns.error();
  agent_args.insert(agent_args.end(), {"agent.port=0", "--set", "http.port=0", "--set",
                                       "agent.dns=" + base::format_endpoint({loopback, (*dns)->port()})});
  const auto agent = child_role::start(program, "agent", agent_args, server_cpu);
  if (!agent) return agent.error();
  const server lars{"agent", {loopback, (*agent)->port()}, false, [&] { return (*agent)->cpu_time(); }};
  if (const auto ready = warm(lars.where); !ready) return ready.error();
  std::vector<figure_row> rows;
  if (const auto done = measure_all(lars, each, progress, rows); !done) return done.error();
  const auto echo = udp_echo::start(server_cpu);
  if (!echo) return echo.error();
  const server bare{"bare echo", (*echo)->where(), true, [&] { return (*echo)->cpu_time(); }};
  if (const auto done = measure_all(bare, each, progress, rows); !done) return done.error();
  return rows;
}

}  // namespace lars::bench
