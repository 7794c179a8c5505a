#include "net/io_thread.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "net/fence.hpp"
#include "net/thread_wait.hpp"
#include "net/virtual_time.hpp"

namespace lars::net {

io_thread::io_thread(asio::io_context& shared) : shared_(shared) {
  if (virtual_time::current() == nullptr) own_.emplace(1);
}

void io_thread::start(std::string_view doing, asio::awaitable<void> loop) {
  running_ = true;
  asio::co_spawn(context(), std::move(loop), [this, doing](const std::exception_ptr& failure) {
    log_exception(doing, failure);
    running_ = false;
  });
  if (own_) thread_ = std::thread([this] { run_fenced(*own_); });
}

void io_thread::join() {
  if (own_)
    thread_.join();
  else
    wait_until(base::time_point::max(), [this] { return !running_; });
}

}  // namespace lars::net
