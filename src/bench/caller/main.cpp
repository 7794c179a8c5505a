// A program like users': threads that pick a host and report success, through one public interface.
//
//   lars-bench-caller INTERFACE MODULES THREADS WARM_UP_MS MS
//
// picks from modules 1 1 to MODULES 1 in turn. Prints one line once it has closed its client: "NAME VALUE ...".

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include "base/tick_clock.hpp"
#include "bench/caller/interfaces.hpp"
#include "bench/stopwatch.hpp"
#include "bench/thread_cpu.hpp"
#include "bench/tick_histogram.hpp"

namespace {

using namespace lars;
using namespace lars::bench;
using namespace std::chrono_literals;

constexpr std::size_t batch_calls = 32;
constexpr auto route_patience = 20s;

struct task {
  std::int32_t modules = 1;
  std::size_t threads = 1;
  std::uint64_t warm_up_ns = 0;
  std::uint64_t lasts_ns = 0;
};

// One thread's results. Read once the thread has ended.
struct record {
  std::uint64_t calls = 0;   // warm-up included
  std::uint64_t failed = 0;  // picks that failed
  std::uint64_t timed = 0;   // calls of the timed part
  std::uint64_t checksum = 0;
  double wall_ns = 0, cpu_ns = 0;  // of the timed part
  tick_histogram batches;
};

template <class Interface>
class caller {
public:
  caller(Interface through, const task& plan, std::size_t number, const stopwatch& watch, record& into)
      : through_(std::move(through)),
        plan_(plan),
        watch_(watch),
        into_(into),
        next_(static_cast<std::int32_t>(number * static_cast<std::size_t>(plan.modules) / plan.threads)) {}

  void run() {
    if (!warm_modules()) return;
    run_for(plan_.warm_up_ns);
    into_.batches = {};
    const auto before = into_.calls;
    const auto begin = base::monotonic_ns();
    const auto begin_cpu = thread_cpu_ns();
    run_for(plan_.lasts_ns);
    into_.cpu_ns = static_cast<double>(thread_cpu_ns() - begin_cpu);
    into_.wall_ns = static_cast<double>(base::monotonic_ns() - begin);
    into_.timed = into_.calls - before;
  }

private:
  // Makes one call to each module; false where a route does not arrive in time.
  bool warm_modules() {
    const auto until = std::chrono::steady_clock::now() + route_patience;
    for (std::int32_t warmed = 0; warmed < plan_.modules;) {
      if (call()) {
        ++warmed;
      } else if (std::chrono::steady_clock::now() > until) {
        return false;
      }
    }
    into_.failed = 0;
    return true;
  }

  void run_for(std::uint64_t ns) {
    const auto begin = watch_.now();
    const auto lasts = watch_.ticks_of(static_cast<double>(ns));
    for (auto now = begin; now - begin < lasts;) {
      const auto batch = now;
      for (std::size_t i = 0; i < batch_calls; ++i) call();
      now = watch_.now();
      into_.batches.add(now - batch);
    }
  }

  bool call() {
    const route_key module{next_ + 1, 1};
    const auto where = through_.call(module);
    if (!where) {
      ++into_.failed;
      return false;
    }
    if (++next_ == plan_.modules) next_ = 0;
    ++into_.calls;
    into_.checksum = into_.checksum * 31 + ((std::uint64_t{where->ip} << 16) ^ where->port);
    return true;
  }

  Interface through_;
  const task& plan_;
  const stopwatch& watch_;
  record& into_;
  std::int32_t next_;
};

// `make()` makes the interface of each thread.
template <class Make>
std::vector<record> run_threads(const task& plan, const stopwatch& watch, Make make) {
  std::vector<record> all(plan.threads);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < plan.threads; ++i)
    threads.emplace_back([&, i] { caller(make(), plan, i, watch, all[i]).run(); });
  for (auto& thread : threads) thread.join();
  return all;
}

void print(const std::vector<record>& all, const stopwatch& watch) {
  record sum;
  double per_second = 0;
  for (const auto& thread : all) {
    sum.calls += thread.calls;
    sum.failed += thread.failed;
    sum.timed += thread.timed;
    sum.checksum += thread.checksum;
    sum.cpu_ns += thread.cpu_ns;
    sum.batches.add(thread.batches);
    if (thread.wall_ns > 0) per_second += static_cast<double>(thread.timed) * 1e9 / thread.wall_ns;
  }
  const double per_cpu = sum.cpu_ns > 0 ? static_cast<double>(sum.timed) * 1e9 / sum.cpu_ns : 0;
  const double p50 = watch.to_ns(static_cast<double>(sum.batches.percentile(0.5))) / batch_calls;
  std::printf("made %llu failed %llu checksum %llu p50_ns %.3f calls_per_second %.1f calls_per_cpu_second %.1f\n",
              static_cast<unsigned long long>(sum.calls), static_cast<unsigned long long>(sum.failed),
              static_cast<unsigned long long>(sum.checksum), p50, per_second, per_cpu);
}

int usage() {
  std::fprintf(stderr, "usage: lars-bench-caller c|cpp|old MODULES THREADS WARM_UP_MS MS\n");
  return 2;
}

int no_client() {
  std::fprintf(stderr, "lars-bench-caller: no client: %s\n", std::strerror(errno));
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) return usage();
  const std::string_view through = arguments[1];
  const task plan{std::atoi(arguments[2]), std::strtoul(arguments[3], nullptr, 10),
                  std::strtoull(arguments[4], nullptr, 10) * 1'000'000,
                  std::strtoull(arguments[5], nullptr, 10) * 1'000'000};
  if (plan.modules < 1 || plan.threads < 1 || plan.lasts_ns < 1) return usage();
  const stopwatch watch;
  std::vector<record> all;
  if (through == c_interface::name) {
    lars_t* const client = lars_open(nullptr);
    if (client == nullptr) return no_client();
    all = run_threads(plan, watch, [&] { return c_interface(client); });
    lars_close(client);
  } else if (through == cpp_interface::name) {
    auto client = lars::client::open();
    if (!client) return no_client();
    all = run_threads(plan, watch, [&] { return cpp_interface(*client); });
  } else if (through == old_interface::name) {
    all = run_threads(plan, watch, [] { return old_interface(); });
  } else {
    return usage();
  }
  print(all, watch);
  return 0;
}
