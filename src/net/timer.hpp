// A timer of an execution context. Goes by virtual_time if one exists when the timer is made, else by the system's
// clock.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/steady_timer.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "net/virtual_time.hpp"

namespace lars::net {

// The interface is that of asio::steady_timer. Threads: owner context only.
class timer {
public:
  template <class Where>  // an executor or an execution context
  requires(!std::is_same_v<std::remove_cvref_t<Where>, timer>) explicit timer(Where&& where)
      : system_(std::forward<Where>(where)), virtual_(virtual_time::current()) {}
  template <class Where>
  timer(Where&& where, base::duration after) : timer(std::forward<Where>(where)) {
    expires_after(after);
  }
  template <class Where>
  timer(Where&& where, base::time_point at) : timer(std::forward<Where>(where)) {
    expires_at(at);
  }
  ~timer() {
    if (virtual_ != nullptr) cancel_virtual();
  }

  // Both cancel the waits.
  void expires_at(base::time_point at);
  void expires_after(base::duration after) { expires_at(base::clock::now() + after); }
  base::time_point expiry() const { return expiry_; }

  // Waits end with operation_aborted.
  void cancel();

  template <class Token>
  auto async_wait(Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        [this](auto handler) { wait(std::move(handler)); }, token);
  }

private:
  void cancel_virtual();

  template <class Handler>
  void wait(Handler handler) {
    if (virtual_ == nullptr) return system_.async_wait(std::move(handler));
    waits_.push_back(virtual_->wait(expiry_, system_.get_executor(), std::move(handler)));
  }

  boost::asio::steady_timer system_;
  virtual_time* virtual_;
  base::time_point expiry_{};
  std::vector<virtual_time::wait_id> waits_;  // some may be over
};

}  // namespace lars::net
