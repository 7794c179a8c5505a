// A load: processes with threads that pick and report through the library, at full speed or at a set rate.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "bench/child_task.hpp"
#include "bench/pick_thread.hpp"
#include "bench/shared_pages.hpp"
#include "bench/stopwatch.hpp"
#include "client/caller.hpp"

namespace lars::bench {

// Immutable while a load runs.
struct pick_load_config {
  client::caller_config where;
  std::vector<route_key> modules;  // not empty
  std::size_t modules_each = 0;    // how many of them a process picks from; 0 = all
  std::size_t processes = 1;
  std::size_t threads = 1;  // of each process
  std::vector<load_part> parts;
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds each{2000};  // how long a part lasts
  double rate = 0;                       // calls a second of all threads together, in a paced part
  bool marks = false;                    // each thread writes to /dev/null before and after its first part
  std::optional<int> cpu;                // binds all threads
};

// The figures of all threads in one part.
struct part_figures {
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;         // picks without a host
  double calls_per_second = 0;      // of all threads together
  double calls_per_cpu_second = 0;  // per second of processor time: what one core does
  tick_histogram times;             // of batches or calls, in ticks of the stopwatch
  std::chrono::nanoseconds server_cpu{0};
};

// Totals of all threads, warm-up included.
struct load_totals {
  std::uint64_t picks = 0;
  std::uint64_t ends = 0;
  std::uint64_t checksum = 0;  // over the hosts picked
};

// A running load. Lifetime: the destructor kills its processes, unless close() has waited for their end. Threads: owner
// context only; blocking. REQUIRES: as child_task::start().
class pick_load {
public:
  // Returns when every thread has picked from each of its modules and has warmed up. errc::system_error where a process
  // cannot be started, errc::timeout where picks do not succeed.
  static result<std::unique_ptr<pick_load>> start(const pick_load_config& config);

  // Runs all parts, one after the other. `server_cpu` returns the agent's processor time so far. Errors: as start().
  result<std::vector<part_figures>> run(const std::function<std::chrono::nanoseconds()>& server_cpu);

  // Makes every caller close its client and end. REQUIRES: run() has returned. errc::system_error where a caller ended
  // with an error.
  result<load_totals> close();

  const stopwatch& watch() const { return watch_; }

private:
  pick_load(const pick_load_config& config, shared_pages<load_control> control, shared_pages<thread_record> records);
  result<void> wait_for(const std::atomic<std::uint32_t>& threads);
  int run_process(std::size_t number);

  const pick_load_config config_;
  const stopwatch watch_;
  shared_pages<load_control> control_;
  shared_pages<thread_record> records_;  // ordered by process, then thread
  std::vector<std::unique_ptr<child_task>> processes_;
};

}  // namespace lars::bench
