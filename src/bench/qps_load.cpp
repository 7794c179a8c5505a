#include "bench/qps_load.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/clock.hpp"
#include "bench/window_client.hpp"
#include "client/udp_transport.hpp"

namespace lars::bench {
namespace {

// REQUIRES: not empty, sorted.
double percentile(const std::vector<std::uint32_t>& sorted, double share) {
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[index] / 1000.0;
}

result<client_record> run_transport(const load_config& config, std::size_t first_module,
                                    const std::atomic<bool>& stop) {
  auto transport = client::udp_transport::open({config.target, {}});
  if (!transport) return transport.error();
  client_record record;
  for (std::size_t i = first_module; !stop.load(std::memory_order_relaxed); ++i) {
    const route_key key = config.modules[i % config.modules.size()];
    const auto begin = base::clock::now();
    const auto answer = transport->get_host(key);
    if (!answer) {
      ++record.errors;
      continue;
    }
    record.nanoseconds.push_back(static_cast<std::uint32_t>((base::clock::now() - begin).count()));
    if (config.report && !transport->report(key, answer->where, 0, 0, answer->call_id)) ++record.errors;
  }
  return record;
}

result<client_record> run_client(const load_config& config, std::size_t number, const std::atomic<bool>& stop) {
  if (config.cpu && !bind_to_cpu(*config.cpu))
    return {errc::system_error, "processor " + std::to_string(*config.cpu) + ": " + std::strerror(errno)};
  // Clients begin at different modules, so that they do not go through them in step.
  const std::size_t first = number * config.modules.size() / config.threads;
  if (config.window == 1 && !config.bare) return run_transport(config, first, stop);
  return run_window_client(config, first, stop);
}

}  // namespace

load_figures figures_of(std::vector<client_record> records, std::chrono::duration<double> lasted) {
  load_figures figures;
  std::vector<std::uint32_t> all;
  for (const auto& record : records) {
    figures.errors += record.errors;
    all.insert(all.end(), record.nanoseconds.begin(), record.nanoseconds.end());
  }
  if (all.empty()) return figures;
  std::ranges::sort(all);
  figures.calls = all.size();
  figures.calls_per_second = static_cast<double>(all.size()) / lasted.count();
  figures.p50_us = percentile(all, 0.5);
  figures.p99_us = percentile(all, 0.99);
  figures.p999_us = percentile(all, 0.999);
  return figures;
}

result<load_figures> run_load(const load_config& config) {
  std::atomic<bool> stop = false;
  std::vector<result<client_record>> outcomes(config.threads, result<client_record>(errc::cancelled));
  std::vector<std::thread> threads;
  const auto begin = base::clock::now();
  for (std::size_t i = 0; i < config.threads; ++i)
    threads.emplace_back([&, i] { outcomes[i] = run_client(config, i, stop); });
  std::this_thread::sleep_for(config.lasts);
  stop = true;
  const auto end = base::clock::now();
  for (auto& thread : threads) thread.join();
  std::vector<client_record> records;
  for (auto& outcome : outcomes) {
    if (!outcome) return outcome.error();
    records.push_back(std::move(*outcome));
  }
  return figures_of(std::move(records), end - begin);
}

bool bind_to_cpu(int cpu) noexcept {
  cpu_set_t only;
  CPU_ZERO(&only);
  if (cpu < 0 || cpu >= CPU_SETSIZE) return false;
  CPU_SET(static_cast<unsigned>(cpu), &only);
  return ::sched_setaffinity(0, sizeof only, &only) == 0;
}

}  // namespace lars::bench
