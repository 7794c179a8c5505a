// Callers over UDP in a tight loop: each asks for a host, reports success, and goes on to the next module.
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
  std::size_t threads = 1;         // each with a client and a socket of its own
  std::chrono::milliseconds lasts{3000};
  bool report = true;
  std::size_t window = 1;  // requests in flight a client; 1 = the client library, more = a bare socket
  bool bare = false;       // a bare socket even with a window of 1
  bool one_port = false;   // every request goes to target itself
  std::optional<int> cpu;  // the processor all clients are bound to
};

struct load_figures {
  double calls_per_second = 0;
  double p50_us = 0;  // time from a request to its answer
  double p99_us = 0;
  double p999_us = 0;
  std::uint64_t calls = 0;   // answered with a host
  std::uint64_t errors = 0;  // answered otherwise, or not in time
};

// One client's results: the time of each answered request, and the number of errors.
struct client_record {
  std::vector<std::uint32_t> nanoseconds;
  std::uint64_t errors = 0;
};

// The figures of several clients that ran side by side for `lasted`. Pure.
load_figures figures_of(std::vector<client_record> records, std::chrono::duration<double> lasted);

// Runs the load. errc::system_error when there is no socket or no such processor.
// Threads: blocking; starts threads and joins them before it returns.
result<load_figures> run_load(const load_config& config);

// Binds the calling thread to one processor; false (and errno) when there is no such processor. Safe after fork().
bool bind_to_cpu(int cpu) noexcept;

}  // namespace lars::bench
