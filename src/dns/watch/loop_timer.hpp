// How a loop reads the time and waits. Tests replace it by one that lets no real time pass.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <utility>

#include "base/clock.hpp"
#include "dns/table/time_source.hpp"
#include "net/as_result.hpp"
#include "net/timer.hpp"

namespace lars::dns {

// Threads: owner context only. One coroutine waits at a time.
class loop_timer {
public:
  virtual ~loop_timer() = default;

  virtual base::time_point now() const = 0;
  virtual storage::freshness::ms boot_time() const = 0;

  // Returns at `when`, or early after wake(): the caller checks why it waited.
  virtual boost::asio::awaitable<void> wait_until(base::time_point when) = 0;

  // Ends the wait under way, if there is one.
  virtual void wake() = 0;
};

class steady_loop_timer final : public loop_timer {
public:
  explicit steady_loop_timer(const boost::asio::any_io_executor& executor, time_source time = {})
      : time_(std::move(time)), timer_(executor) {}

  base::time_point now() const override { return time_.now(); }
  storage::freshness::ms boot_time() const override { return time_.boot_time(); }
  boost::asio::awaitable<void> wait_until(base::time_point when) override {
    timer_.expires_at(when);
    co_await timer_.async_wait(net::as_result);
  }
  void wake() override { timer_.cancel(); }

private:
  const time_source time_;
  net::timer timer_;
};

}  // namespace lars::dns
