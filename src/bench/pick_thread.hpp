// One thread of a load. It writes its results to memory that the measurement reads.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <span>
#include <vector>

#include "bench/part_times.hpp"
#include "bench/stopwatch.hpp"
#include "bench/tick_histogram.hpp"
#include "client/caller.hpp"

namespace lars::bench {

inline constexpr std::size_t batch_calls = 32;
inline constexpr std::size_t most_parts = 3;

// Threads: one writer; read once load_control::done has counted its thread.
struct part_record {
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::uint64_t wall_ns = 0;  // from the first call to the last
  std::uint64_t cpu_ns = 0;   // processor time of the thread
  tick_histogram times;
};

struct thread_record {
  std::array<part_record, most_parts> parts;
  std::uint64_t picks = 0;
  std::uint64_t ends = 0;
  std::uint64_t checksum = 0;
};

// Signals between the measurement and its threads. Threads: any.
struct load_control {
  std::atomic<std::uint32_t> ready;   // threads that have warmed up
  std::atomic<std::uint32_t> done;    // threads that have done all their parts
  std::atomic<std::uint32_t> failed;  // errc of a thread whose picks did not succeed; 0 = none
  std::atomic<std::uint64_t> start;   // of the first part, base::monotonic_ns(); 0 = not yet
  std::atomic<std::uint32_t> close;   // callers may end
};

// Immutable while its thread runs.
struct thread_plan {
  std::vector<route_key> modules;
  std::vector<load_part> parts;
  std::chrono::nanoseconds warm_up{0};
  std::chrono::nanoseconds each{0};
  double rate = 0;  // of this thread
  bool marks = false;
};

// Lifetime: its thread's; the constructor's arguments outlive it. Threads: its thread only; blocking.
class pick_thread {
public:
  pick_thread(client::caller& client, const thread_plan& plan, const stopwatch& watch, load_control& control,
              thread_record& record)
      : client_(client), plan_(plan), watch_(watch), control_(control), record_(record) {}

  // Warms up, signals `ready`, waits for `start`, runs its parts and signals `done`. Where picks from a module do not
  // succeed, it signals `failed` and returns.
  void run();

private:
  class marker;
  static constexpr std::chrono::milliseconds pick_deadline{1000};

  bool warm_up();
  void run_timed(load_part what, part_record& into, std::uint64_t start_ns, const part_time& time, const marker& mark);
  void run_part(load_part what, part_record& into, std::uint64_t end_ns, const marker& mark);
  std::uint64_t run_batch(load_part what, part_record& into, std::uint64_t begin);
  std::uint64_t run_together(load_part what, part_record& into, std::uint64_t begin);
  std::uint64_t run_singles(part_record& into, std::uint64_t begin);
  void run_paced(part_record& into, std::uint64_t end_ns);
  bool pick(client::call& call);
  bool pick_one(client::call& call);
  void note(const client::call& picked);
  void finish(client::call& call);

  client::caller& client_;
  const thread_plan& plan_;
  const std::span<const route_key> modules_{plan_.modules};
  const stopwatch& watch_;
  load_control& control_;
  thread_record& record_;
  std::array<client::call, batch_calls> calls_;
  client::pick_request request_{.module = {}, .key = {}, .exclude = {}, .cost = 1, .deadline = pick_deadline};
  std::size_t next_ = 0;
  std::uint64_t picks_ = 0, ends_ = 0, checksum_ = 0;
};

}  // namespace lars::bench
