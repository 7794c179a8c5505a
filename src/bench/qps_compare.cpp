#include "bench/qps_compare.hpp"

#include <unistd.h>

#include <functional>
#include <thread>
#include <utility>

#include "bench/counted_check.hpp"
#include "bench/pick_load.hpp"
#include "bench/process_usage.hpp"
#include "bench/qps_load.hpp"
#include "bench/round_medians.hpp"
#include "bench/route_churn.hpp"
#include "bench/shared_pages.hpp"
#include "bench/udp_echo.hpp"

namespace lars::bench {
namespace {

using namespace std::chrono_literals;
constexpr int server_cpu = 0;
constexpr std::size_t clients = 2;
constexpr std::size_t window = 64;

int client_cpu() { return std::thread::hardware_concurrency() > 1 ? 1 : server_cpu; }

// Figures of a server under pipelining clients.
struct server_figures {
  double calls_per_second = 0;
  double us_a_call = 0;  // processor time of the server
};

// One round of all measurements.
struct round_figures {
  double shm = 0, shm_two = 0, shm_cpu = 0, shm_two_cpu = 0, udp = 0;  // calls a second
  double agent_percent = 0;                                            // of a core, while one thread uses shared memory
  server_figures agent_pairs, bare_pairs, agent_gets, bare_gets;
};

double median_of(const std::vector<round_figures>& rounds, const std::function<double(const round_figures&)>& figure) {
  std::vector<double> all;
  for (const auto& round : rounds) all.push_back(figure(round));
  return median_of_rounds(all).value;
}

// A process with the bare server in it. Lifetime: the process's.
struct bare_server {
  std::unique_ptr<child_task> process;
  endpoint where;
};

result<bare_server> start_bare_server() {
  struct shared_address {
    std::atomic<std::uint32_t> ip, port;
  };
  const auto address = shared_pages<shared_address>::make(1);
  if (!address) return address.error();
  auto process = child_task::start([&] {
    const auto echo = udp_echo::start(server_cpu);
    if (!echo) return 1;
    (*address)[0].ip = (*echo)->where().ip;
    (*address)[0].port = (*echo)->where().port;
    while (true) ::pause();
  });
  if (!process) return process.error();
  while ((*address)[0].port == 0) {
    if ((*process)->ended()) return {errc::system_error, "no socket for the bare server"};
    std::this_thread::sleep_for(1ms);
  }
  return bare_server{*std::move(process), {(*address)[0].ip, (*address)[0].port}};
}

class comparison {
public:
  comparison(const transport_settings& settings, std::unique_ptr<own_agent> agent, bare_server bare)
      : settings_(settings), agent_(std::move(agent)), bare_(std::move(bare)) {
    // The bare server has one socket, so only modules of the agent's first port are compared.
    for (const auto& key : agent_->modules())
      if ((key.modid + key.cmdid) % 3 == 0) one_port_.push_back(key);
    for (int cpu = 0; cpu < static_cast<int>(std::thread::hardware_concurrency()); ++cpu) all_cpus_.push_back(cpu);
  }

  result<void> run_round() {
    round_figures round;
    if (auto done = run_transports(round); !done) return done;
    if (auto done = run_servers(round); !done) return done;
    rounds_.push_back(round);
    return {};
  }

  figure_row figures() const;
  const std::string& wrong() const { return wrong_; }

private:
  result<void> run_transports(round_figures& into) {
    const auto one = load_transport(client::transport::shared_memory, 1);
    if (!one) return one.error();
    const auto two = load_transport(client::transport::shared_memory, 2);
    if (!two) return two.error();
    const auto udp = load_transport(client::transport::udp, 1);
    if (!udp) return udp.error();
    into.shm = one->calls_per_second;
    into.shm_cpu = one->calls_per_cpu_second;
    into.agent_percent =
        100.0 * static_cast<double>(one->server_cpu.count()) / static_cast<double>((settings_.each / 1ns));
    into.shm_two = two->calls_per_second;
    into.shm_two_cpu = 2 * two->calls_per_cpu_second;
    into.udp = udp->calls_per_second;
    return {};
  }

  result<void> run_servers(round_figures& into) {
    bind_process(agent_->role().pid(), {server_cpu});
    for (const bool report : {true, false}) {
      const auto agent = load_server(agent_->where(), agent_->role().pid(), report);
      if (!agent) return agent.error();
      const auto bare = load_server(bare_.where, bare_.process->pid(), report);
      if (!bare) return bare.error();
      (report ? into.agent_pairs : into.agent_gets) = *agent;
      (report ? into.bare_pairs : into.bare_gets) = *bare;
    }
    bind_process(agent_->role().pid(), all_cpus_);
    return {};
  }

  result<part_figures> load_transport(client::transport transport, std::size_t threads) {
    pick_load_config config;
    config.where = agent_->through(transport);
    config.modules = agent_->modules();
    config.threads = threads;
    config.warm_up = settings_.warm_up;
    config.each = settings_.each;
    config.parts = {load_part::pick_and_report};
    const auto check = counted_check::begin(*agent_, transport);
    if (!check) return check.error();
    const auto load = pick_load::start(config);
    if (!load) return load.error();
    const auto parts = (*load)->run([this] { return agent_->role().cpu_time(); });
    if (!parts) return parts.error();
    const auto totals = (*load)->close();
    if (!totals) return totals.error();
    const auto counted = check->end(*totals);
    if (!counted) return counted.error();
    if (wrong_.empty()) wrong_ = counted->wrong;
    return parts->front();
  }

  // Runs the clients in a process of their own: they have threads, and a process that forks must have none.
  result<server_figures> load_server(endpoint where, pid_t pid, bool report) {
    load_config load;
    load.target = where;
    load.modules = one_port_;
    load.threads = clients;
    load.lasts = settings_.each;
    load.report = report;
    load.window = window;
    load.one_port = load.bare = true;
    load.cpu = client_cpu();
    const auto figures = shared_pages<load_figures>::make(1);
    if (!figures) return figures.error();
    const auto before = cpu_time_of(pid);
    const auto process = child_task::start([&] {
      const auto run = run_load(load);
      if (run) (*figures)[0] = *run;
      return run ? 0 : 1;
    });
    if (!process) return process.error();
    if ((*process)->wait() != 0) return {errc::system_error, "UDP clients cannot run"};
    const auto after = cpu_time_of(pid);
    const auto& run = (*figures)[0];
    if (!before || !after || run.calls == 0) return {errc::timeout, "a UDP server does not answer"};
    const std::chrono::duration<double, std::micro> used = *after - *before;
    return server_figures{run.calls_per_second, used.count() / static_cast<double>(run.calls)};
  }

  const transport_settings& settings_;
  const std::unique_ptr<own_agent> agent_;
  const bare_server bare_;
  std::vector<route_key> one_port_;
  std::vector<int> all_cpus_;
  std::vector<round_figures> rounds_;
  std::string wrong_;
};

figure_row comparison::figures() const {
  const auto median = [this](auto figure) { return median_of(rounds_, figure); };
  using round = const round_figures&;
  return {
      {"rounds", static_cast<std::int64_t>(rounds_.size())},
      {"shm_calls_per_second", median([](round r) { return r.shm; })},
      {"shm_calls_per_cpu_second", median([](round r) { return r.shm_cpu; })},
      {"shm_two_threads_per_second", median([](round r) { return r.shm_two; })},
      {"two_threads_over_one", median([](round r) { return r.shm_two / r.shm; })},
      {"two_threads_over_one_by_cpu", median([](round r) { return r.shm_two_cpu / r.shm_cpu; })},
      {"agent_cpu_percent", median([](round r) { return r.agent_percent; })},
      {"udp_calls_per_second", median([](round r) { return r.udp; })},
      {"shm_over_udp", median([](round r) { return r.shm / r.udp; })},
      {"agent_us_a_pair", median([](round r) { return r.agent_pairs.us_a_call; })},
      {"bare_us_a_pair", median([](round r) { return r.bare_pairs.us_a_call; })},
      {"agent_over_bare_pair", median([](round r) { return r.agent_pairs.us_a_call / r.bare_pairs.us_a_call; })},
      {"agent_gets_per_second", median([](round r) { return r.agent_gets.calls_per_second; })},
      {"bare_gets_per_second", median([](round r) { return r.bare_gets.calls_per_second; })},
      {"agent_over_bare_rate",
       median([](round r) { return r.agent_gets.calls_per_second / r.bare_gets.calls_per_second; })},
      {"agent_us_a_get", median([](round r) { return r.agent_gets.us_a_call; })},
      {"bare_us_a_get", median([](round r) { return r.bare_gets.us_a_call; })},
  };
}

}  // namespace

result<transport_figures> run_comparison(const std::filesystem::path& program, const transport_settings& settings,
                                         std::size_t runs, std::ostream& progress) {
  auto agent = own_agent::start(
      {program, settings.size, settings.policies.empty() ? "" : settings.policies.front(), settings.reporter},
      progress);
  if (!agent) return agent.error();
  const auto churn = start_route_churn((*agent)->storage(), settings.size, settings.churn);
  if (!churn) return churn.error();
  auto bare = start_bare_server();
  if (!bare) return bare.error();
  comparison all(settings, *std::move(agent), *std::move(bare));
  for (std::size_t i = 0; i < runs; ++i) {
    progress << "lars bench qps: round " << i + 1 << " of " << runs << std::endl;
    if (const auto done = all.run_round(); !done) return done.error();
  }
  return transport_figures{all.figures(), all.wrong()};
}

}  // namespace lars::bench
