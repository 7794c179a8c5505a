#include "balance/policy/score_cache.hpp"

namespace lars::balance {

void score_cache::begin(const table_view& table, const picker_counts& counts, cacheable picks) {
  by_turn_ = picks == cacheable::turns;
  forget();
  if (counts.entries.empty() || picks == cacheable::no) return;
  if (!by_turn_ && table.size() <= few_hosts) return;
  ++generation_;
  entries_ = counts.entries.data();
  slots_ = counts.slots;
  record_ = &table.record();
  version_ = table.version();
  in_order_ = table.size() <= counts.entries.size();
  counter_of_.clear();
  if (!in_order_) counter_of_.assign(table.size(), miss);
  // Last: if the allocation above throws, nothing is cached.
  members_ = table.size();
}

// False if a pick that concerns this host is a miss.
bool score_cache::fill(const table_view& table, const picker_counts& counts, std::uint32_t index) {
  const auto host = table.candidate_at(index);
  auto* const note = counts.entry_of(host.where, host.slot());
  const auto latency = host.live->latency.load(std::memory_order_relaxed);
  if (note == nullptr || host.where == 0 || !host.takes_calls() || host.health() != verdict::idle) return false;
  if (latency == 0 && !by_turn_) return false;
  const auto published = static_cast<std::uint32_t>(host.live->in_flight.load(std::memory_order_relaxed));
  if (!table.intact()) return false;
  map_counter(index, static_cast<std::uint32_t>(note - entries_));
  note->seen = {.tag = tag_of(counts.round),
                .id = host.id,
                .latency = latency,
                .weight = host.value().weight,
                .calls = published - counted_in(*note, counts)};
  return true;
}

void score_cache::map_counter(std::uint32_t index, std::uint32_t counter) {
  if (in_order_ && counter == index) return;
  if (in_order_) {
    counter_of_.assign(members_, miss);
    in_order_ = false;
    ++generation_;
  }
  counter_of_[index] = counter;
}

bool score_cache::knows(std::uint32_t index, std::uint32_t round) const {
  const auto counter = in_order_ ? index : counter_of_[index];
  return counter != miss && entries_[counter].seen.tag == tag_of(round);
}

bool score_cache::ensure(const table_view& table, const picker_counts& counts, std::uint32_t index) {
  return knows(index, counts.round) || fill(table, counts, index);
}

std::uint32_t score_cache::fill_and_pick(const table_view& table, const picker_counts& counts, std::uint64_t bits,
                                         std::uint32_t next) {
  const auto pair = even_pair(bits, members_);
  // The first attempt may have left the order of members, and so invalidated the entries read before.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const bool seen = by_turn_ ? next < members_ && ensure(table, counts, next)
                               : ensure(table, counts, pair.first) && ensure(table, counts, pair.second);
    if (!seen) return miss;
    if (const auto counter = pick(counts.round, bits, next); counter != miss) return counter;
  }
  return miss;
}

}  // namespace lars::balance
