// Thresholds of the rule that ejects hosts, with the names and defaults of the configuration files already in the
// field.
#pragma once

#include <chrono>
#include <cstdint>

namespace lars::balance {

// Immutable after construction.
struct health_config {
  std::uint32_t probe_num = 10;               // picks between two trials of ejected hosts
  std::uint32_t init_succ_cnt = 180;          // virtual successes a host enters idle with
  std::uint32_t init_err_cnt = 5;             // virtual failures a host is ejected with
  double err_rate = 0.1;                      // idle → ejected above this share of failures, 0 .. 1
  double succ_rate = 0.5;                     // ejected → idle above this share of successes, 0 .. 1
  std::uint32_t contin_err_limit = 15;        // idle → ejected at this many failures in a row
  std::uint32_t contin_succ_limit = 15;       // ejected → idle at this many successes in a row
  double window_err_rate = 0.7;               // idle → ejected when a whole window's real failures reach this share
  std::chrono::seconds idle_timeout{15};      // length of an idle host's window
  std::chrono::seconds overload_timeout{15};  // an ejected host becomes idle again after this
};

}  // namespace lars::balance
