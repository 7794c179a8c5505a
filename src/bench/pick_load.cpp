#include "bench/pick_load.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "bench/qps_load.hpp"

namespace lars::bench {
namespace {

using namespace std::chrono_literals;
constexpr auto watch_pause = 2ms;
constexpr auto wait_pause = 25ms;
constexpr auto start_delay = 60ms;    // from announcing the start to the start
constexpr auto load_patience = 120s;  // limit for all threads to warm up, or to finish

double per_second(std::uint64_t calls, std::uint64_t ns) {
  return ns == 0 ? 0 : static_cast<double>(calls) * 1e9 / static_cast<double>(ns);
}

// The modules of caller `i` of `n`. Callers begin at different modules, so that they do not go through them in step.
std::vector<route_key> modules_from(const std::vector<route_key>& all, std::size_t i, std::size_t n, std::size_t most) {
  auto own = all;
  std::rotate(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(i * all.size() / n), own.end());
  if (most > 0 && most < own.size()) own.resize(most);
  return own;
}

}  // namespace

pick_load::pick_load(const pick_load_config& config, shared_pages<load_control> control,
                     shared_pages<thread_record> records)
    : config_(config), control_(std::move(control)), records_(std::move(records)) {}

result<std::unique_ptr<pick_load>> pick_load::start(const pick_load_config& config) {
  auto control = shared_pages<load_control>::make(1);
  if (!control) return control.error();
  auto records = shared_pages<thread_record>::make(config.processes * config.threads);
  if (!records) return records.error();
  std::unique_ptr<pick_load> load(new pick_load(config, *std::move(control), *std::move(records)));
  for (std::size_t i = 0; i < config.processes; ++i) {
    auto process = child_task::start([&load, i] { return load->run_process(i); });
    if (!process) return process.error();
    load->processes_.push_back(*std::move(process));
  }
  if (const auto ready = load->wait_for(load->control_[0].ready); !ready) return ready.error();
  return load;
}

int pick_load::run_process(std::size_t number) {
  if (config_.cpu && !bind_to_cpu(*config_.cpu)) return 1;
  client::caller client(config_.where);
  auto& control = control_[0];
  std::vector<thread_plan> plans;
  const auto all = config_.processes * config_.threads;
  for (std::size_t i = 0; i < config_.threads; ++i)
    plans.push_back({modules_from(config_.modules, number * config_.threads + i, all, config_.modules_each),
                     config_.parts, config_.warm_up, config_.each, config_.rate / static_cast<double>(all),
                     config_.marks});
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < config_.threads; ++i)
    threads.emplace_back(
        [&, i] { pick_thread(client, plans[i], watch_, control, records_[number * config_.threads + i]).run(); });
  for (auto& thread : threads) thread.join();
  while (control.close.load() == 0) std::this_thread::sleep_for(wait_pause);
  return 0;
}

// Waits until `threads` has counted every thread.
result<void> pick_load::wait_for(const std::atomic<std::uint32_t>& threads) {
  const auto until = base::clock::now() + load_patience;
  while (threads.load() < config_.processes * config_.threads) {
    if (const auto failed = control_[0].failed.load(); failed != 0)
      return {static_cast<errc>(failed), "picks from a module fail"};
    for (const auto& process : processes_)
      if (process->ended()) return {errc::system_error, "a caller ended with " + std::to_string(process->wait())};
    if (base::clock::now() > until) return {errc::timeout, "callers do not finish"};
    std::this_thread::sleep_for(watch_pause);
  }
  return {};
}

result<std::vector<part_figures>> pick_load::run(const std::function<std::chrono::nanoseconds()>& server_cpu) {
  const auto start = base::clock::now() + start_delay;
  control_[0].start = base::monotonic_ns() + static_cast<std::uint64_t>(std::chrono::nanoseconds(start_delay).count());
  std::vector<part_figures> all;
  for (const auto& part : times_of(config_.parts, config_.each)) {
    std::this_thread::sleep_until(start + part.counted);
    const auto used = server_cpu();
    std::this_thread::sleep_until(start + part.end);
    all.emplace_back().server_cpu = server_cpu() - used;
  }
  if (const auto done = wait_for(control_[0].done); !done) return done.error();
  for (std::size_t part = 0; part < all.size(); ++part) {
    std::uint64_t cpu = 0;
    for (const auto& thread : records_) {
      const auto& from = thread.parts[part];
      all[part].calls += from.calls;
      all[part].errors += from.errors;
      all[part].calls_per_second += per_second(from.calls, from.wall_ns);
      all[part].times.add(from.times);
      cpu += from.cpu_ns;
    }
    all[part].calls_per_cpu_second = per_second(all[part].calls, cpu);
  }
  return all;
}

result<load_totals> pick_load::close() {
  control_[0].close = 1;
  for (const auto& process : processes_)
    if (const int code = process->wait(); code != 0)
      return {errc::system_error, "a caller ended with " + std::to_string(code)};
  load_totals totals;
  for (const auto& thread : records_) {
    totals.picks += thread.picks;
    totals.ends += thread.ends;
    totals.checksum += thread.checksum;
  }
  return totals;
}

}  // namespace lars::bench
