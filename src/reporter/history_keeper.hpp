// Keeps CallHistory small: rolls up what is old and deletes what is older, where no other reporter does.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "base/agent_id.hpp"
#include "base/clock.hpp"
#include "net/blocking_pool.hpp"
#include "reporter/clock_guard.hpp"
#include "reporter/reporter_config.hpp"
#include "reporter/reporter_stats.hpp"
#include "storage/history_store.hpp"

namespace lars::reporter {

// What is old is decided by the database's clock alone. While that and this machine's clock differ by a minute or more,
// or while any other reporter finds that, nothing is moved or deleted.
// Lifetime: shared with its coroutine. Threads: context 0 only, except where noted.
class history_keeper : public std::enable_shared_from_this<history_keeper> {
public:
  using look_at_clock = std::function<std::int64_t()>;  // Unix seconds; any thread

  // `wall_clock`: this machine's, which is compared with the database's.
  history_keeper(boost::asio::any_io_executor context, history_config config,
                 std::unique_ptr<storage::history_store> store, reporter_stats& stats,
                 look_at_clock wall_clock = base::unix_seconds);

  void start();    // main thread
  void stop();     // after the database call under way; any thread
  void give_up();  // and not even that; any thread

  void use(const history_config& config);  // from the next pass on; any thread

  void join() { thread_.join(); }  // like the collector's

  bool idle() const { return !running_; }  // any thread

private:
  boost::asio::awaitable<void> run();
  enum class doubt {
    none,
    differs,  // the database's clock and this machine's
    moved,    // both clocks, or it is long that anything happened
    told,     // by another reporter
  };
  boost::asio::awaitable<result<void>> pass();
  result<doubt> look_at_clocks(std::int64_t& now);
  boost::asio::awaitable<result<void>> keep(std::int64_t now);
  void note_doubt(doubt found);
  boost::asio::awaitable<result<void>> repeat(std::function<result<std::size_t>()> piece,
                                              std::atomic<std::uint64_t>& counter);
  boost::asio::awaitable<void> wait(std::chrono::milliseconds time);
  void note(const result<void>& outcome);

  history_config config_;
  reporter_stats& stats_;
  const std::unique_ptr<storage::history_store> store_;
  const base::agent_id name_;  // of this reporter as the lease knows it
  const look_at_clock wall_clock_;
  clock_guard clocks_;
  doubt doubt_ = doubt::none;
  net::blocking_pool thread_{1};
  boost::asio::any_io_executor context_;
  boost::asio::steady_timer timer_;
  std::atomic<bool> running_{false};
  bool stopping_ = false;
  errc told_{};  // the failure that was logged last; none after a success
};

}  // namespace lars::reporter
