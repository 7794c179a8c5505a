#include "agent/service/reader_epochs.hpp"

#include <algorithm>

namespace lars::agent {

reader_epochs::reader::reader(reader_epochs& epochs) : epochs_(epochs) {
  const std::lock_guard hold(epochs_.lock_);
  epochs_.readers_.push_back(this);
}

reader_epochs::reader::~reader() {
  const std::lock_guard hold(epochs_.lock_);
  std::erase(epochs_.readers_, this);
}

std::uint64_t reader_epochs::oldest() {
  const std::lock_guard hold(lock_);
  auto oldest = outside;
  // A read-modify-write that changes nothing: see enter().
  for (auto* const registered : readers_)
    oldest = std::min(oldest, registered->epoch_.fetch_add(0, std::memory_order_acq_rel));
  return oldest;
}

}  // namespace lars::agent
