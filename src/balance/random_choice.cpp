#include "balance/random_choice.hpp"

namespace lars::balance {
namespace {

// A draw that falls on a host that is out is drawn again, which leaves the others' chances in proportion. Where most
// are out, the neighbour of a last draw has to do.
template <class Draw>
std::uint32_t draw_until_allowed(const choice& of, Draw index) {
  for (int i = 0; i < most_draws; ++i) {
    const std::uint32_t drawn = index();
    if (of.allows(drawn)) return drawn;
  }
  return first_from(of, index());
}

}  // namespace

std::uint32_t first_from(const choice& of, std::uint32_t start) {
  const auto size = of.table.size();
  for (std::uint32_t i = 0; i < size; ++i) {
    const auto index = start + i < size ? start + i : start + i - size;
    if (of.allows(index)) return index;
  }
  return nobody;
}

std::uint32_t random_next(const choice& of) {
  return draw_until_allowed(of, [&] { return of.draw.below(of.table.size()); });
}

std::uint32_t weighted_random_next(const choice& of) {
  return draw_until_allowed(of, [&] { return draw_by_weight(of.table, of.draw()); });
}

}  // namespace lars::balance
