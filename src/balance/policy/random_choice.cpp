#include "balance/policy/random_choice.hpp"

#include <array>

namespace lars::balance {
namespace {

// A draw that falls on a host that is out is drawn again, which leaves the others' chances in proportion. Where most
// are out, any of the others has to do.
template <class Draw>
std::uint32_t draw_until_allowed(const choice& of, Draw index) {
  for (int i = 0; i < most_draws; ++i) {
    const std::uint32_t drawn = index();
    if (of.allows(drawn)) return drawn;
  }
  return any_allowed(of);
}

std::uint32_t random_next(const choice& of) {
  return draw_until_allowed(of, [&] { return of.draw.below(of.table.size()); });
}

constexpr std::array weighted_random_aliases{policy_alias{"wr"}};

}  // namespace

constexpr policy_definition random_policy{
    .kind = policy_kind::random,
    .name = "random",
    .meaning = "any host",
    .next = random_next,
    .draws = drawing::evenly,
};

constexpr policy_definition weighted_random_policy{
    .kind = policy_kind::weighted_random,
    .name = "weighted_random",
    .aliases = weighted_random_aliases,
    .meaning = "any host, with a chance as its weight says",
    .weights = weight_source::routes,
    .next = weighted_random_next,
    .draws = drawing::by_weight,
};

std::uint32_t any_allowed(const choice& of) {
  std::uint32_t allowed = 0;
  for (std::uint32_t i = 0; i < of.table.size(); ++i) allowed += of.allows(i) ? 1 : 0;
  if (allowed == 0) return nobody;
  auto left = of.draw.below(allowed);
  for (std::uint32_t i = 0; i < of.table.size(); ++i)
    if (of.allows(i) && left-- == 0) return i;
  // Verdicts changed meanwhile.
  return nobody;
}

std::uint32_t weighted_random_next(const choice& of) {
  return draw_until_allowed(of, [&] { return draw_by_weight(of.table, of.draw()); });
}

}  // namespace lars::balance
