// Writes batches to the database over one connection, one flush after the other.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "net/blocking_pool.hpp"
#include "net/timer.hpp"
#include "reporter/aggregate.hpp"
#include "reporter/clock_watch.hpp"
#include "reporter/refused_file.hpp"
#include "reporter/reporter_stats.hpp"
#include "storage/status_store.hpp"

namespace lars::reporter {

// What a writer shares with others. All of it outlives every flush.
struct writer_context {
  net::blocking_pool& thread;  // with one thread
  const refused_file& refused;
  clock_watch& clocks;
  reporter_stats& stats;
};

// How a writer waits and measures time.
struct writer_timing {
  base::backoff_config retry{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)};
  std::function<base::time_point()> now = base::clock::now;  // any thread
};

// Lifetime: its collector's. Threads: context 0 only.
class writer {
public:
  writer(const boost::asio::any_io_executor& executor, std::unique_ptr<storage::status_store> store,
         const writer_context& context, writer_timing timing = {});

  // Returns true when all batches are committed and acknowledged, however long the database is down; false after
  // give_up(): agents still have what was not acknowledged. After an error the whole flush is decided and written
  // again. Rows that the database refuses for their values are saved in the refused_file before the rest is committed,
  // so that they do not block all others.
  boost::asio::awaitable<bool> flush(std::span<const batch> batches);

  void give_up();

private:
  struct attempt {
    flush_result flushed;
    result<storage::status_written> written{errc::unavailable};
    storage::lock_report locks;  // after errc::locked
  };
  enum class state {
    writing,
    locked,   // the database works, but another transaction holds a lock
    failing,  // the database does not accept results
  };
  boost::asio::awaitable<attempt> try_once(std::span<const batch> batches);
  result<storage::status_written> write(std::span<const batch> batches, flush_result& flushed);
  boost::asio::awaitable<void> pause();
  void record_success(const attempt& done, std::span<const batch> batches);
  void record_refused(const std::vector<storage::refused_row>& rows, std::span<const batch> batches);
  void record_skew(const flush_result& flushed);
  void record_forgotten(const std::vector<agent_outcome>& agents);
  void record_failure(const attempt& done, std::span<const batch> batches);
  void log_locks(const storage::lock_report& locks, std::span<const batch> batches);
  void set_state(state next);

  net::blocking_pool& thread_;
  const std::unique_ptr<storage::status_store> store_;
  const refused_file& refused_;
  clock_watch& clocks_;
  reporter_stats& stats_;
  const writer_timing timing_;
  base::random_source random_;
  base::backoff backoff_;
  net::timer timer_;
  state state_ = state::writing;
  bool given_up_ = false;
};

// Sends to the peers of these batches what was committed.
void acknowledge(std::span<const batch> batches, const std::vector<agent_outcome>& agents);

}  // namespace lars::reporter
