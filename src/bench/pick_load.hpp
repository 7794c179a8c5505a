// Callers of the library, processes with threads, that pick and report as fast as they can or at a set rate.
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
  std::size_t modules_each = 0;    // of them a process picks from so many; 0 = from all
  std::size_t processes = 1;
  std::size_t threads = 1;  // of each process
  std::vector<load_part> parts;
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds each{2000};  // how long a part lasts
  double rate = 0;                       // calls a second of all threads together, in a paced part
  bool marks = false;                    // each thread writes to /dev/null before and after its first part
  std::optional<int> cpu;                // all threads are bound to it
};

// What all threads saw in one part.
struct part_figures {
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;         // picks without a host
  double calls_per_second = 0;      // of all threads together
  double calls_per_cpu_second = 0;  // of the processor time that a thread really had: what one core does
  tick_histogram times;             // in ticks of the stopwatch: of a batch, or of a call
  std::chrono::nanoseconds server_cpu{0};
};

// Warming up included.
struct load_totals {
  std::uint64_t picks = 0;
  std::uint64_t ends = 0;
  std::uint64_t checksum = 0;  // of every host that was picked
};

// A running load. Lifetime: its processes are killed at destruction, unless close() has seen them end. Threads: owner
// context only; blocking. REQUIRES: as child_task::start().
class pick_load {
public:
  // Returns once every thread has picked from each of its modules and has warmed up. errc::system_error where a process
  // cannot be had, errc::timeout where picks do not succeed.
  static result<std::unique_ptr<pick_load>> start(const pick_load_config& config);

  // All parts, one after the other. `server_cpu` tells the processor time of the other side so far. Errors as of
  // start().
  result<std::vector<part_figures>> run(const std::function<std::chrono::nanoseconds()>& server_cpu);

  // Every caller closes its client and ends. REQUIRES: run() has returned. errc::system_error where one ended
  // otherwise.
  result<load_totals> close();

  const stopwatch& watch() const { return watch_; }

private:
  pick_load(const pick_load_config& config, shared_pages<load_control> control, shared_pages<thread_record> records);
  result<void> wait_for(const std::atomic<std::uint32_t>& threads);
  int run_process(std::size_t number);

  const pick_load_config config_;
  const stopwatch watch_;
  shared_pages<load_control> control_;
  shared_pages<thread_record> records_;  // of one process after the other
  std::vector<std::unique_ptr<child_task>> processes_;
};

}  // namespace lars::bench
