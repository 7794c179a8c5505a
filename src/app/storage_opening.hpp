// Creates or migrates the database when a role starts.
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

// Creates the SQLite database if it does not exist and migrates it. Blocking.
// errc::io_failed, errc::unavailable, errc::schema_mismatch and others: the database is not usable; the detail says
// why.
result<void> open_sqlite(const storage::storage_config& config);

// Creates the tables in an empty MySQL database, as soon as it is reachable. Runs on its own thread, so that a database
// that is down does not delay the start. Does not change a database with tables; logs once if its schema is too old.
// `filling` is true from construction on, during each attempt, which the storage limits to seconds, and for as long as
// another program fills the database.
// Lifetime: the application's. Threads: main thread.
class mysql_opening {
public:
  mysql_opening(storage::storage_config config, std::shared_ptr<std::atomic<bool>> filling);
  ~mysql_opening();  // waits for a running attempt, which the storage limits to seconds

  // Starts no further attempt. Does not wait.
  void ask_to_stop() { thread_.request_stop(); }

private:
  void run(const std::stop_token& stop);
  result<int> attempt();

  const storage::storage_config config_;
  const std::shared_ptr<std::atomic<bool>> filling_;
  std::mutex mutex_;  // only for the wait
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace lars::app
