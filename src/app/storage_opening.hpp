// Brings the database into shape when a role starts.
#pragma once

#include <atomic>
#include <condition_variable>
#include <lars/error.hpp>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "storage/storage_config.hpp"

namespace lars::app {

// Makes a SQLite database where there is none and brings it up to date. Blocking.
// errc::io_failed, errc::unavailable, errc::schema_mismatch …: it cannot be used; the detail says why.
result<void> open_sqlite(const storage::storage_config& config);

// Fills an empty MySQL database with our tables, as soon as it can be reached, on a thread of its own, so that a
// database that is down delays no start. One in use is left alone; a schema older than ours is logged once.
// `filling` is true during each attempt, which the storage bounds to seconds, from the construction on.
// Lifetime: the application's. Threads: main thread.
class mysql_opening {
public:
  mysql_opening(storage::storage_config config, std::shared_ptr<std::atomic<bool>> filling);
  ~mysql_opening();  // waits for an attempt under way, which the storage bounds to seconds

  // Starts no further attempt. Does not wait.
  void ask_to_stop() { thread_.request_stop(); }

private:
  void run(const std::stop_token& stop);
  result<int> attempt();

  const storage::storage_config config_;
  const std::shared_ptr<std::atomic<bool>> filling_;
  std::mutex mutex_;  // guards nothing but the wait
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace lars::app
