#include "lab/load_window.hpp"

namespace lars::lab {
namespace {

void add(load_sums& to, const load_sums& one) {
  to.busy += one.busy;
  to.ends += one.ends;
  to.failures += one.failures;
}

void take(load_sums& from, const load_sums& one) {
  from.busy -= one.busy;
  from.ends -= one.ends;
  from.failures -= one.failures;
}

}  // namespace

load_window::load_window(std::size_t slots, std::size_t shift)
    : slots_(slots), shift_(shift), ring_(slots + shift + 1) {}

const load_sums& load_window::past(std::size_t slots_ago) const {
  return ring_[(at_ + ring_.size() - slots_ago) % ring_.size()];
}

void load_window::close(const load_sums& slot) {
  at_ = (at_ + 1) % ring_.size();
  ring_[at_] = slot;
  add(sums_, slot);
  // The ring is longer than what is summed by one: the slot that falls out is still there.
  take(sums_, past(slots_));
  add(shifted_, past(shift_));
  take(shifted_, past(shift_ + slots_));
}

}  // namespace lars::lab
