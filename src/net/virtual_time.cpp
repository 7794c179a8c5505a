#include "net/virtual_time.hpp"

#include <algorithm>

namespace lars::net {

namespace {

virtual_time* existing = nullptr;

}  // namespace

// Not the clock's epoch, because code may subtract from "now".
virtual_time::virtual_time(std::chrono::system_clock::time_point utc) : start_(std::chrono::hours(24)), utc_(utc) {
  existing = this;
  base::process_time.store(this, std::memory_order_release);
}

virtual_time::~virtual_time() {
  abandon();
  base::process_time.store(nullptr, std::memory_order_release);
  existing = nullptr;
}

virtual_time* virtual_time::current() noexcept { return existing; }

// Handlers may own timers, which cancel their waits when they are destroyed.
void virtual_time::abandon() {
  while (!waits_.empty()) const auto destroyed = waits_.extract(waits_.begin());
}

std::optional<base::time_point> virtual_time::next() const {
  if (waits_.empty()) return std::nullopt;
  return std::max(waits_.begin()->first.due, now_);
}

void virtual_time::advance_to(base::time_point to) {
  now_ = std::max(now_, to);
  while (!waits_.empty() && waits_.begin()->first.due <= now_) {
    const auto over = waits_.extract(waits_.begin());
    over.mapped()->complete({});
  }
}

void virtual_time::cancel(wait_id id) {
  if (const auto found = waits_.extract(id)) found.mapped()->complete(boost::asio::error::operation_aborted);
}

}  // namespace lars::net
