// Callers in a tight loop: each asks for a host, reports the call as gone well, and goes on to the next module.
#pragma once

#include <chrono>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <optional>
#include <vector>

namespace lars::bench {

// Immutable while a load runs.
struct load_config {
  endpoint target;                 // the first of the agent's three ports
  std::vector<route_key> modules;  // asked for in turn; not empty
  std::size_t threads = 1;         // one client, with a socket of its own, each
  std::chrono::milliseconds lasts{3000};
  bool report = true;
  std::size_t window = 1;  // questions under way a client; 1 = the client library, more = a bare socket
  bool bare = false;       // a bare socket even with a window of 1
  bool one_port = false;   // every question goes to target itself
  std::optional<int> cpu;  // the processor all clients are bound to
};

struct load_figures {
  double calls_per_second = 0;
  double p50_us = 0;  // of the time from asking for a host until having it
  double p99_us = 0;
  double p999_us = 0;
  std::uint64_t calls = 0;   // with a host for an answer
  std::uint64_t errors = 0;  // with another answer, or none in time
};

// What a client saw: how long each answered question took, and how many went wrong.
struct client_record {
  std::vector<std::uint32_t> nanoseconds;
  std::uint64_t errors = 0;
};

// The figures of several clients that ran side by side for `lasted`. Pure.
load_figures figures_of(std::vector<client_record> records, std::chrono::duration<double> lasted);

// Runs the load. errc::system_error when a socket or the processor is not to be had.
// Threads: blocking; starts threads of its own and joins them before it returns.
result<load_figures> run_load(const load_config& config);

// Binds the calling thread to one processor; false (and errno) when there is none such. Safe after fork().
bool bind_to_cpu(int cpu) noexcept;

}  // namespace lars::bench
