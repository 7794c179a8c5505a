// Time that passes only when it is told to. While one exists, base::clock and every net::timer of the process go by it:
// a test waits for nothing, and an hour of a simulation takes as long as its work.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.hpp"

namespace lars::net {

// Lifetime: outlives every timer that was made while it existed. Threads: one, which runs every context.
class virtual_time final : public base::time_source {
public:
  // Waits end in the order of their times, and of equal times in the order in which they began.
  struct wait_id {
    base::time_point due;
    std::uint64_t order = 0;
    auto operator<=>(const wait_id&) const = default;
  };

  // REQUIRES: no other one exists.
  explicit virtual_time(std::chrono::system_clock::time_point utc = std::chrono::sys_days(std::chrono::year(2026) / 1 /
                                                                                          1));
  ~virtual_time() override;
  virtual_time(const virtual_time&) = delete;
  virtual_time& operator=(const virtual_time&) = delete;

  // The one that exists, or null.
  static virtual_time* current() noexcept;

  base::time_point now() const noexcept override { return now_; }
  std::chrono::system_clock::time_point utc() const noexcept override { return utc_ + (now_ - start_); }

  // Destroys the waits without calling their handlers. To be called before a context with waits is destroyed.
  void abandon();

  // When the next wait ends; none if nothing waits.
  std::optional<base::time_point> next() const;

  // What lets time pass: runs the contexts while time moves on. Set by the loop of the simulation, which resets it
  // before it ends.
  void set_loop(std::function<void(base::duration)> loop) { loop_ = std::move(loop); }

  // Lets time pass. For a thread that would sleep. REQUIRES: not called by a handler of the loop; there is a loop.
  void run_for(base::duration length) { loop_(length); }

  // Moves the time to `to`, not back, and posts the handlers of all waits that are over by then.
  void advance_to(base::time_point to);

  // For net::timer. The handler is posted with the outcome: no error when the time has come, operation_aborted when the
  // wait was cancelled, by cancel() or through the handler's cancellation slot.
  template <class Handler>
  wait_id wait(base::time_point due, const boost::asio::any_io_executor& executor, Handler handler);
  void cancel(wait_id id);

private:
  struct pending {
    virtual ~pending() = default;
    virtual void complete(boost::system::error_code outcome) = 0;
  };
  template <class Handler>
  struct pending_handler;

  const base::time_point start_;
  const std::chrono::system_clock::time_point utc_;
  base::time_point now_ = start_;
  std::uint64_t next_order_ = 0;
  std::map<wait_id, std::unique_ptr<pending>> waits_;
  std::function<void(base::duration)> loop_;
};

template <class Handler>
struct virtual_time::pending_handler final : pending {
  pending_handler(boost::asio::any_io_executor where, Handler what)
      : executor(std::move(where)), handler(std::move(what)) {}

  void complete(boost::system::error_code outcome) override {
    boost::asio::get_associated_cancellation_slot(handler).clear();
    const auto where = boost::asio::get_associated_executor(handler, executor);
    boost::asio::post(where, [done = std::move(handler), outcome]() mutable { std::move(done)(outcome); });
  }

  boost::asio::any_io_executor executor;
  Handler handler;
};

template <class Handler>
virtual_time::wait_id virtual_time::wait(base::time_point due, const boost::asio::any_io_executor& executor,
                                         Handler handler) {
  const wait_id id{due, next_order_++};
  auto slot = boost::asio::get_associated_cancellation_slot(handler);
  waits_.emplace(id, std::make_unique<pending_handler<Handler>>(executor, std::move(handler)));
  if (slot.is_connected()) slot.assign([this, id](boost::asio::cancellation_type) { cancel(id); });
  return id;
}

}  // namespace lars::net
