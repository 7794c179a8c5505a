// Keeps CallHistory small: rolls up what is old and deletes what is older, where no other reporter does.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "base/agent_id.hpp"
#include "net/blocking_pool.hpp"
#include "reporter/reporter_config.hpp"
#include "reporter/reporter_probe.hpp"
#include "storage/history_store.hpp"

namespace lars::reporter {

// Lifetime: shared with its coroutine. Threads: context 0 only, except where noted.
class history_keeper : public std::enable_shared_from_this<history_keeper> {
public:
  history_keeper(boost::asio::any_io_executor context, history_config config,
                 std::unique_ptr<storage::history_store> store, reporter_probe& probe);

  void start();    // main thread
  void stop();     // after the database call under way; any thread
  void give_up();  // and not even that; any thread

  void use(const history_config& config);  // from the next pass on; any thread

  void join() { thread_.join(); }  // like the collector's

  bool idle() const { return !running_; }  // any thread

private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<result<void>> pass();
  boost::asio::awaitable<result<void>> repeat(std::function<result<std::size_t>()> piece,
                                              std::atomic<std::uint64_t>& counter);
  boost::asio::awaitable<void> wait(std::chrono::milliseconds time);
  void note(const result<void>& outcome);

  history_config config_;
  reporter_probe& probe_;
  const std::unique_ptr<storage::history_store> store_;
  const base::agent_id name_;  // of this reporter as the lease knows it
  net::blocking_pool thread_{1};
  boost::asio::any_io_executor context_;
  boost::asio::steady_timer timer_;
  std::atomic<bool> running_{false};
  bool stopping_ = false;
  errc told_{};  // the failure that was logged last; none after a success
};

}  // namespace lars::reporter
