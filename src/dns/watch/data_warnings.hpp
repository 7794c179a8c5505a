// Logs and counts what the database holds that is invalid or that old agents cannot be told.
#pragma once

#include <lars/types.hpp>
#include <span>
#include <unordered_set>
#include <vector>

#include "dns/watch/module_reader.hpp"
#include "dns/watch/watch_stats.hpp"

namespace lars::dns {

// Threads: owner context only.
class data_warnings {
public:
  explicit data_warnings(watch_stats& stats) : stats_(stats) {}

  // `rejected`: settings whose text is newly invalid; one line each.
  void report_settings(const settings_counts& counts, std::span<const rejected_settings> rejected);

  // `flawed`: modules whose flaws changed; one line each.
  void report_flaws(const flaw_counts& counts, std::span<const module_flaws> flawed);

  // Warns once when a module's plain answer starts to leave out hosts.
  void report_cut(const module_answer& answer);

private:
  watch_stats& stats_;
  std::unordered_set<route_key> cut_;  // modules that were warned about
};

}  // namespace lars::dns
