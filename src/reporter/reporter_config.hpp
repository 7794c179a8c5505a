// Settings of the reporter role, validated at start. Immutable after construction.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <lars/types.hpp>

namespace lars::reporter {

// How long CallHistory keeps rows of each step before they move to the next coarser one, or are deleted.
struct history_config {
  std::chrono::seconds keep_10s = std::chrono::hours(2);
  std::chrono::seconds keep_1m = std::chrono::hours(48);
  std::chrono::seconds keep_1h = std::chrono::hours(24 * 400);  // also of ReportProgress
};

struct reporter_config {
  endpoint listen{0x7f000001, 7779};    // port 0 = any free one
  std::size_t max_connections = 10000;  // agents at once
  std::size_t writers = 2;              // connections to the database that write, 1 .. 16
  std::size_t queue_bytes = 64u << 20;  // batches that wait for the database; beyond it agents keep theirs
  std::filesystem::path refused_path = "refused.sql";  // keeps rows that the database refuses
  std::chrono::milliseconds silence{30000};  // an agent that sends pings and then nothing for this long is disconnected
  history_config history;
};

}  // namespace lars::reporter
