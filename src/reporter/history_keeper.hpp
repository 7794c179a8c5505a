// Keeps CallHistory small: rolls up old rows and deletes very old ones, in one reporter at a time.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "base/agent_id.hpp"
#include "base/clock.hpp"
#include "net/blocking_pool.hpp"
#include "net/timer.hpp"
#include "reporter/clock_guard.hpp"
#include "reporter/reporter_config.hpp"
#include "reporter/reporter_stats.hpp"
#include "storage/history_store.hpp"

namespace lars::reporter {

std::chrono::seconds seconds_since_boot();

// The clocks of this machine. Any thread.
struct keeper_clocks {
  std::function<std::int64_t()> unix_seconds = base::unix_seconds;        // compared with the database's
  std::function<std::chrono::seconds()> since_boot = seconds_since_boot;  // cannot be set
  std::function<base::time_point()> now = base::clock::now;               // for the lease
};

// The age of rows is by the database's clock. While that clock and this machine's differ by a minute or more, here or
// in another reporter, nothing is moved or deleted. Lifetime: shared with its coroutine. Threads: context 0 only,
// except where noted.
class history_keeper : public std::enable_shared_from_this<history_keeper> {
public:
  history_keeper(boost::asio::any_io_executor context, history_config config,
                 std::unique_ptr<storage::history_store> store, reporter_stats& stats, keeper_clocks clocks = {});

  void start();    // main thread
  void stop();     // after the current database call; any thread
  void give_up();  // ends the current database call too; any thread

  void use(const history_config& config);  // for the next pass on; any thread

  void join() { thread_.join(); }  // like the collector's

  bool idle() const { return !running_; }  // any thread

private:
  boost::asio::awaitable<void> run();
  enum class doubt {
    none,
    differs,     // the database's clock and this machine's
    moved,       // the database's clock jumped, or nothing was written for a day
    by_another,  // reporter, which recorded it in the database
  };
  boost::asio::awaitable<result<void>> pass();
  result<doubt> compare_clocks(std::int64_t& now);
  boost::asio::awaitable<result<void>> keep(std::int64_t now);
  void log_doubt(doubt found);
  boost::asio::awaitable<result<void>> repeat(std::function<result<std::size_t>()> piece,
                                              std::atomic<std::uint64_t>& counter);
  boost::asio::awaitable<void> wait(std::chrono::milliseconds time);
  void log_outcome(const result<void>& outcome);

  history_config config_;
  reporter_stats& stats_;
  const std::unique_ptr<storage::history_store> store_;
  const base::agent_id name_;  // this reporter's name in the lease
  const keeper_clocks clocks_;
  clock_guard guard_;
  doubt doubt_ = doubt::none;
  net::blocking_pool thread_{1};
  boost::asio::any_io_executor context_;
  net::timer timer_;
  std::atomic<bool> running_{false};
  bool stopping_ = false;
  errc logged_{};  // the last failure that was logged; none after a success
};

}  // namespace lars::reporter
