#include "agent/service/reader_epochs.hpp"

#include <algorithm>

namespace lars::agent {

reader_epochs::reader::reader(reader_epochs& of) : of_(of) {
  const std::lock_guard hold(of_.lock_);
  of_.readers_.push_back(this);
}

reader_epochs::reader::~reader() {
  const std::lock_guard hold(of_.lock_);
  std::erase(of_.readers_, this);
}

std::uint64_t reader_epochs::oldest() {
  const std::lock_guard hold(lock_);
  auto oldest = outside;
  // Adds nothing: see enter().
  for (auto* const one : readers_) oldest = std::min(oldest, one->epoch_.fetch_add(0, std::memory_order_acq_rel));
  return oldest;
}

}  // namespace lars::agent
