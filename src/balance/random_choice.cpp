#include "balance/random_choice.hpp"

namespace lars::balance {
namespace {

// A draw that falls on a host that is out is drawn again, which leaves the others' chances in proportion. Where most
// are out, the neighbour of a last draw has to do.
template <class Draw>
std::optional<member> draw_until_allowed(const choice& of, Draw index) {
  for (int i = 0; i < most_draws; ++i) {
    const auto drawn = of.table.at(index());
    if (of.allowed(of.table, drawn)) return drawn;
  }
  return first_from(of, index());
}

}  // namespace

std::optional<member> first_from(const choice& of, std::uint32_t start) {
  const auto size = of.table.size();
  for (std::uint32_t i = 0; i < size; ++i) {
    const auto one = of.table.at(start + i < size ? start + i : start + i - size);
    if (of.allowed(of.table, one)) return one;
  }
  return std::nullopt;
}

std::optional<member> random_next(const choice& of) {
  return draw_until_allowed(of, [&] { return of.draw.below(of.table.size()); });
}

std::optional<member> weighted_random_next(const choice& of) {
  return draw_until_allowed(of, [&] { return draw_by_weight(of.table, of.draw); });
}

std::uint32_t draw_by_weight(const table_view& table, base::random_source& draw) {
  const auto bits = draw();
  const auto index = static_cast<std::uint32_t>(((bits >> 32) * table.size()) >> 32);
  const auto drawn = table.weight_at(index);
  return static_cast<std::uint32_t>(bits) <= drawn.chance ? index : drawn.other;
}

}  // namespace lars::balance
