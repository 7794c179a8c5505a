#include "lab/load_window.hpp"

namespace lars::lab {
namespace {

void add(load_sums& to, const load_sums& other) {
  to.busy += other.busy;
  to.ends += other.ends;
  to.failures += other.failures;
}

void take(load_sums& from, const load_sums& other) {
  from.busy -= other.busy;
  from.ends -= other.ends;
  from.failures -= other.failures;
}

}  // namespace

load_window::load_window(std::size_t slots, std::size_t shift)
    : slots_(slots), shift_(shift), ring_(slots + shift + 1) {}

const load_sums& load_window::past(std::size_t slots_ago) const {
  return ring_[(newest_ + ring_.size() - slots_ago) % ring_.size()];
}

void load_window::close(const load_sums& slot) {
  newest_ = (newest_ + 1) % ring_.size();
  ring_[newest_] = slot;
  add(sums_, slot);
  // The ring has one slot more than the sums cover, so the slot that drops out can still be subtracted.
  take(sums_, past(slots_));
  add(shifted_, past(shift_));
  take(shifted_, past(shift_ + slots_));
}

}  // namespace lars::lab
