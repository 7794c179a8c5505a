#include "share/caller_counters.hpp"

#include <array>
#include <map>
#include <span>
#include <utility>

#include "share/checkpoint_diff.hpp"

namespace lars::share {
namespace {

constexpr std::uint64_t most_dirty = 1u << 15;  // entries that one look reads; sweeps find the rest
constexpr std::uint64_t most_loads_a_look = 4096;

}  // namespace

void caller_counters::parse() {
  if (!segments_.parse()) sound_ = false;
  // A ring that was handed back has entries for an earlier agent: a sweep finds what they name.
  const auto known = std::exchange(rings_, segments_.dirty_rings().size());
  if (rings_ != known) sweep_.lose_entries();
}

void caller_counters::look(bool whole, calls_sink& each) {
  parse();
  if (!sound_) return;
  auto left = most_dirty;
  std::array<caller_segments::location, dirty_ring_reader::batch> found;
  const auto look_at_entries = [&](std::span<const dirty_entry> entries) {
    segments_.locate(entries, found);
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (found[i].block != nullptr) look_at(*found[i].block, found[i].slot, each);
    each.flush();
  };
  for (auto& ring : segments_.dirty_rings())
    if (!ring.read(left, look_at_entries)) sweep_.lose_entries();
  if (!whole) return;
  sweep_.catch_up(segments_.blocks(), segments_.slots(),
                  [&](const counter_block& block, std::uint32_t number) { look_at(block, number, each); });
  each.flush();
}

void caller_counters::look_at(const counter_block& block, std::uint32_t number, calls_sink& each) {
  auto& calls = each.next();
  switch (take_calls(segments_.slot(block, number), number, segments_.entry(block, number), calls, rejected_)) {
    case slot_change::none:
      return;
    case slot_change::replaced:
      sound_ = false;
      return;
    case slot_change::counted:
      break;
  }
  calls.key = block.key;
  calls.owner = &block.owner;
  calls.owner_since = &block.owner_since;
  each.keep();
}

void caller_counters::look_at_loads(const load_sink& each) {
  const auto rings = segments_.load_rings();
  if (!sound_ || rings.empty()) return;
  std::uint64_t left = most_loads_a_look;
  for (std::size_t i = 0; i < rings.size() && left > 0; ++i)
    left -= rings[(first_loads_ + i) % rings.size()].read(left, each);
  first_loads_ = (first_loads_ + 1) % rings.size();
}

void caller_counters::skip_loads() {
  parse();
  for (auto& ring : segments_.load_rings()) ring.skip();
}

void caller_counters::look_at_all(calls_sink& each) {
  parse();
  for (const auto& block : segments_.blocks())
    for (std::uint32_t number = 0; number < block.slots; ++number) look_at(block, number, each);
  each.flush();
}

void caller_counters::sweep(std::size_t slots, calls_sink& each) {
  sweep_.visit(segments_.blocks(), slots,
               [&](const counter_block& block, std::uint32_t number) { look_at(block, number, each); });
  each.flush();
}

bool caller_counters::is_covered() {
  parse();
  for (const auto& block : segments_.blocks())
    for (std::uint32_t number = 0; number < block.slots; ++number)
      if (!covers(segments_.slot(block, number), segments_.entry(block, number))) return false;
  return sound_;
}

void caller_counters::for_each_under_way(const std::function<void(route_key, endpoint, std::uint64_t)>& each) {
  parse();
  std::map<std::pair<route_key, std::uint64_t>, std::int64_t> sums;
  for (const auto& block : segments_.blocks())
    for (std::uint32_t number = 0; number < block.slots; ++number) {
      const auto& taken = segments_.entry(block, number);
      if (const auto calls = in_flight(taken); calls != 0) sums[{block.key, taken.where}] += calls;
    }
  for (const auto& [name, calls] : sums)
    if (calls > 0) each(name.first, endpoint_of(name.second), static_cast<std::uint64_t>(calls));
}

}  // namespace lars::share
