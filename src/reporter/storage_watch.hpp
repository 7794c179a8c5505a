// Checks the database periodically, so that agents learn the state of a reporter even if it has nothing to write.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "net/blocking_pool.hpp"
#include "net/timer.hpp"
#include "reporter/reporter_stats.hpp"
#include "reporter/storage_decider.hpp"
#include "storage/storage_check.hpp"

namespace lars::reporter {

// The clock of reporter_stats::storage. Any thread.
storage::freshness::ms since_boot();

// Updates reporter_stats::storage. The database also counts as failed while a writer's transactions fail at two checks
// in a row; waiting for a lock does not count. Lifetime: shared with its coroutine. Threads: context 0 only, except
// where noted.
class storage_watch : public std::enable_shared_from_this<storage_watch> {
public:
  // Milliseconds since boot.
  using time_source = std::function<storage::freshness::ms()>;

  // `name` is what logs call the database.
  storage_watch(boost::asio::any_io_executor context, std::unique_ptr<storage::storage_check> check, std::string name,
                reporter_stats& stats, time_source now = since_boot);

  void start();  // main thread
  void stop();   // ends the current check too; any thread

  void join() { thread_.join(); }  // like the collector's

  bool idle() const { return !running_; }  // any thread

private:
  boost::asio::awaitable<void> run();
  void record(const result<void>& outcome, storage::freshness::ms began);

  reporter_stats& stats_;
  const std::unique_ptr<storage::storage_check> check_;
  const std::string name_;
  const time_source now_;
  net::blocking_pool thread_{1};
  boost::asio::any_io_executor context_;
  net::timer timer_;
  std::atomic<bool> running_{false};
  storage_decider decider_;
  bool stopping_ = false;
};

}  // namespace lars::reporter
