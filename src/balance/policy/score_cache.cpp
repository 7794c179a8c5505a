#include "balance/policy/score_cache.hpp"

#include "balance/table/policy_settings.hpp"

namespace lars::balance {
namespace {

bool goes_by_turn(const published_policy& policy) {
  return static_cast<policy_kind>(policy.kind) == policy_kind::round_robin;
}

bool compares_latencies(const table_view& table) {
  const auto& policy = table.policy();
  return static_cast<policy_kind>(policy.kind) == policy_kind::p2c && !policy.by_weight && policy.choices == 2 &&
         table.size() > few_hosts;
}

}  // namespace

void score_cache::begin(const table_view& table, const picker_counts& counts) {
  by_turn_ = goes_by_turn(table.policy());
  forget();
  if (counts.entries.empty() || (!by_turn_ && !compares_latencies(table))) return;
  ++look_;
  entries_ = counts.entries.data();
  slots_ = counts.slots;
  record_ = &table.record();
  version_ = table.version();
  in_order_ = table.size() <= counts.entries.size();
  places_.clear();
  if (!in_order_) places_.assign(table.size(), nowhere);
  // Last: where there is no memory for places nothing is remembered.
  members_ = table.size();
}

// False where the pick is to be made otherwise.
bool score_cache::look(const table_view& table, const picker_counts& counts, std::uint32_t index) {
  const auto host = table.candidate_at(index);
  auto* const note = counts.entry_of(host.where, host.slot());
  const auto latency = host.live->latency.load(std::memory_order_relaxed);
  if (note == nullptr || host.where == 0 || !host.takes_calls() || host.health() != verdict::idle) return false;
  if (latency == 0 && !by_turn_) return false;
  const auto published = static_cast<std::uint32_t>(host.live->in_flight.load(std::memory_order_relaxed));
  if (!table.intact()) return false;
  put(index, static_cast<std::uint32_t>(note - entries_));
  note->seen = {.tag = tag_of(counts.round),
                .id = host.id,
                .latency = latency,
                .weight = host.value().weight,
                .calls = published - counted_in(*note, counts)};
  return true;
}

void score_cache::put(std::uint32_t index, std::uint32_t place) {
  if (in_order_ && place == index) return;
  if (in_order_) {
    places_.assign(members_, nowhere);
    in_order_ = false;
    ++look_;
  }
  places_[index] = place;
}

bool score_cache::knows(std::uint32_t index, std::uint32_t round) const {
  const auto place = in_order_ ? index : places_[index];
  return place != nowhere && entries_[place].seen.tag == tag_of(round);
}

bool score_cache::look_again(const table_view& table, const picker_counts& counts, std::uint32_t index) {
  return knows(index, counts.round) || look(table, counts, index);
}

std::uint32_t score_cache::look_and_pick(const table_view& table, const picker_counts& counts, std::uint64_t bits,
                                         std::uint32_t next) {
  const auto pair = even_pair(bits, members_);
  // A second look where the first one lost its order by it.
  for (int looks = 0; looks < 2; ++looks) {
    const bool seen = by_turn_ ? next < members_ && look_again(table, counts, next)
                               : look_again(table, counts, pair.first) && look_again(table, counts, pair.second);
    if (!seen) return nowhere;
    if (const auto place = pick(counts.round, bits, next); place != nowhere) return place;
  }
  return nowhere;
}

}  // namespace lars::balance
