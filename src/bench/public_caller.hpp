// lars-bench-caller as a child process: a program that uses liblars through one of its public interfaces.
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

// What it told. `made` counts the warm-up too, as pick_load's totals do.
struct public_figures {
  load_totals made;
  std::uint64_t failed = 0;
  double p50_ns = 0;  // of batches of batch_calls, a call's part
  double calls_per_second = 0;
  double calls_per_cpu_second = 0;
};

// Runs it to its end; blocking. REQUIRES: as child_task::start(). errc::io_failed where it cannot be run,
// errc::system_error where it ends otherwise than well.
result<public_figures> run_public_caller(const public_task& task);

}  // namespace lars::bench
