// Runs lars-bench-caller, a program that uses liblars through one of its public interfaces.
#pragma once

#include <chrono>
#include <filesystem>
#include <lars/error.hpp>
#include <string>

#include "bench/pick_load.hpp"

namespace lars::bench {

struct public_task {
  std::filesystem::path program;  // lars-bench-caller
  std::string interface;          // c, cpp or old
  client::caller_config where;
  std::size_t modules = 1;  // 1 1 to N 1
  std::size_t threads = 1;
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds each{2000};
};

// The figures that it printed.
struct public_figures {
  load_totals totals;  // warm-up included
  std::uint64_t failed = 0;
  double p50_ns = 0;  // of a call: the median batch divided by batch_calls
  double calls_per_second = 0;
  double calls_per_cpu_second = 0;
};

// Runs it and waits for its end; blocking. REQUIRES: as child_task::start(). errc::io_failed where it cannot be run,
// errc::system_error where it fails.
result<public_figures> run_public_caller(const public_task& task);

}  // namespace lars::bench
