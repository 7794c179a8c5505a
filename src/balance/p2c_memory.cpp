#include "balance/p2c_memory.hpp"

#include "balance/policy_settings.hpp"

namespace lars::balance {

void p2c_memory::begin(const table_view& table, const own_counts& counts) {
  const auto& policy = table.policy();
  const bool by_latency = static_cast<policy_kind>(policy.kind) == policy_kind::p2c && !policy.by_weight;
  const bool can = by_latency && policy.choices == 2 && table.size() > few_hosts && !counts.notes.empty();
  forget();
  if (!can) return;
  ++look_;
  notes_ = counts.notes.data();
  slots_ = counts.slots;
  in_order_ = table.size() <= counts.notes.size();
  places_.clear();
  if (!in_order_) places_.assign(table.size(), nowhere);
  // Last: where there is no memory for places nothing is remembered.
  members_ = table.size();
}

// False where the pick is to be made otherwise.
bool p2c_memory::look(const table_view& table, const own_counts& counts, std::uint32_t index) {
  const auto host = table.candidate_at(index);
  auto* const note = counts.note_of(host.where, host.slot());
  const auto latency = host.live->latency.load(std::memory_order_relaxed);
  if (note == nullptr || host.where == 0 || latency == 0 || !host.takes_calls() || host.health() != verdict::idle)
    return false;
  const auto published = static_cast<std::uint32_t>(host.live->in_flight.load(std::memory_order_relaxed));
  if (!table.intact()) return false;
  put(index, place_of(*note));
  note->seen = {.tag = tag_of(counts.round),
                .place = host.place,
                .latency = static_cast<double>(static_cast<std::int64_t>(latency)),
                .weight = static_cast<double>(host.value().weight),
                .calls = published - counted_in(*note, counts)};
  return true;
}

void p2c_memory::put(std::uint32_t index, std::uint32_t place) {
  if (in_order_ && place == index) return;
  if (in_order_) {
    places_.assign(members_, nowhere);
    in_order_ = false;
    ++look_;
  }
  places_[index] = place;
}

bool p2c_memory::knows(std::uint32_t index, std::uint32_t round) const {
  const auto place = in_order_ ? index : places_[index];
  return place != nowhere && notes_[place].seen.tag == tag_of(round);
}

const slot_note* p2c_memory::look_and_compare(const table_view& table, const own_counts& counts, std::uint64_t bits) {
  const auto at = even_pair(bits, members_);
  // A second look where the first one lost its order by it.
  for (int looks = 0; looks < 2; ++looks) {
    for (const auto index : {at.first, at.second})
      if (!knows(index, counts.round) && !look(table, counts, index)) return nullptr;
    if (const auto* const note = compare(counts.round, bits)) return note;
  }
  return nullptr;
}

}  // namespace lars::balance
