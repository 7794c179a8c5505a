#include "support/fleet_truth.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace lars::test {
namespace {

using balance::pick_code;
using balance::table_view;
using balance::verdict;

std::string shown(endpoint where) { return std::to_string(where.ip) + ":" + std::to_string(where.port); }

bool is_in(std::span<const endpoint> list, endpoint where) { return std::ranges::find(list, where) != list.end(); }

// The member's index in the table; nullopt = it is not there.
std::optional<balance::member> place_of(const table_view& table, endpoint where) {
  for (std::uint32_t i = 0; i < table.size(); ++i)
    if (table.at(i).where == where) return table.at(i);
  return std::nullopt;
}

}  // namespace

void fleet_truth::set_hosts(std::span<const host> list) {
  for (auto& [where, one] : hosts_) {
    const auto named = std::ranges::find(list, where, &host::where);
    if (named != list.end() || !one.member) continue;
    one.member = false;
    one.open_before += std::exchange(one.open, 0);
    one.strangers_over += std::exchange(one.ended, 0);
  }
  for (const auto& target : list) {
    auto& one = hosts_[target.where];
    if (!one.member) ++one.stay;
    one.member = true;
    one.target = target;
  }
}

std::uint64_t fleet_truth::begin(endpoint where) {
  auto& one = hosts_[where];
  ++one.open;
  return one.stay;
}

void fleet_truth::end(endpoint where, std::uint64_t stay) {
  auto& one = hosts_[where];
  if (one.member && one.stay == stay) {
    --one.open;
    ++one.ended;
    return;
  }
  --one.open_before;
  ++one.strangers_over;
}

bool fleet_truth::can_be_picked(endpoint where) const {
  const auto found = hosts_.find(where);
  return found != hosts_.end() && found->second.member && found->second.target.takes_calls();
}

std::string fleet_truth::wrong_pick(const balance::module_view& published, const balance::pick_result& result,
                                    std::span<const endpoint> exclude) const {
  const table_view table(published);
  bool any = false;         // host that can be picked
  bool any_idle = false;    // of them
  bool other_idle = false;  // and not excluded
  bool other_overload = false;
  for (const auto& [where, one] : hosts_) {
    if (!can_be_picked(where)) continue;
    const auto at = place_of(table, where);
    if (!at) return shown(where) + " is no member of the table";
    const bool idle = table.live(at->slot).health == verdict::idle;
    any = true;
    any_idle = any_idle || idle;
    if (!is_in(exclude, where)) (idle ? other_idle : other_overload) = true;
  }
  if (result.code == pick_code::no_hosts) return any ? "no host, though there is one" : "";
  if (!any) return "something of no host";
  if (result.code == pick_code::all_ejected) return any_idle ? "overload, though a host is idle" : "";
  if (result.code != pick_code::picked) return "neither host nor overload";
  const auto chosen = result.chosen.where;
  if (!can_be_picked(chosen)) return shown(chosen) + " is not to be picked";
  if (place_of(table, chosen) != result.chosen) return shown(chosen) + " is not where it was found";
  if (result.trial != (table.live(result.chosen.slot).health == verdict::ejected))
    return shown(chosen) + ": a probe of a host that is idle, or a call to one that is overloaded";
  if (is_in(exclude, chosen) && (other_idle || (result.trial && other_overload)))
    return shown(chosen) + " was excluded, and there was another";
  return "";
}

std::string fleet_truth::wrong_load(const balance::module_view& published) const {
  const table_view table(published);
  for (const auto& [where, one] : hosts_) {
    if (!one.member) continue;
    const auto at = place_of(table, where);
    if (!at) return shown(where) + " is no member of the table";
    const auto told = table.slot(at->slot)->in_flight.load();
    const auto least = one.open - std::min(one.open, one.strangers_over);
    const auto most = one.open + one.open_before;
    if (told < least || told > most)
      return shown(where) + ": " + std::to_string(told) + " calls under way are published, there are " +
             std::to_string(least) + " to " + std::to_string(most);
  }
  return "";
}

void fleet_truth::settle() {
  for (auto& [where, one] : hosts_) {
    one.ended = 0;
    if (!one.member || one.open == 0) one.strangers_over = 0;
  }
}

std::uint64_t fleet_truth::under_way() const {
  std::uint64_t sum = 0;
  for (const auto& [where, one] : hosts_) sum += one.open + one.open_before;
  return sum;
}

std::uint64_t published_load(const balance::module_view& published) {
  const table_view table(published);
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < table.size(); ++i) sum += table.slot(table.at(i).slot)->in_flight.load();
  return sum;
}

}  // namespace lars::test
