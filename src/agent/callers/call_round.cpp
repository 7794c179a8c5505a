#include "agent/callers/call_round.hpp"

#include <algorithm>
#include <bit>

#include "base/fetch_ahead.hpp"
#include "base/random.hpp"

namespace lars::agent {
namespace {

constexpr std::size_t least_buckets = 256;
constexpr std::size_t prefetch_distance = 4;  // entries

std::array<std::uint64_t, 2> draw_secret() {
  const auto draw = [] { return base::random_source::from_system()() | 1; };  // each from a seed of its own
  return {draw(), draw()};
}

// The middle bits of the hash. The lowest bits do not depend on the whole address.
std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 24); }

}  // namespace

host_calls calls_of(const share::counted_calls& from) {
  return {.where = from.where,
          .hint = *from.hint,
          .peak_us = from.peak_us,
          .picks = from.picks,
          .dropped = from.dropped,
          .ended = {from.ends - from.failures, from.failures, from.run},
          .latency_us = from.latency_us,
          .cost = from.cost,
          .latency = from.latency};
}

call_round::call_round() : secret_(draw_secret()) {}

void call_round::add(service_state& module, const share::counted_calls& calls) {
  // Size the table for a round like the last one, but shrink gradually, because a sweep finds few entries.
  // Clearing the table here, when the round begins, also brings it into the cache.
  if (entries_.empty()) clear_buckets(std::max(last_round_, (mask_ + 1) / 4));
  const auto hash = hash_of(module, calls.where);
  const auto tag = tag_of(hash);
  auto index = hash >> shift_;
  for (; table_[index].number != 0; index = (index + 1) & mask_) {
    if (table_[index].tag != tag) continue;
    auto& known = entries_[table_[index].number - 1];
    if (known.module != &module || known.calls.where != calls.where) continue;
    known.calls.add(calls_of(calls));
    return;
  }
  if (entries_.size() + prefetch_distance < entries_.capacity())
    base::fetch_ahead(entries_.data() + entries_.size() + prefetch_distance);
  entries_.push_back({&module, calls.hint, calls_of(calls)});
  table_[index] = {static_cast<std::uint32_t>(entries_.size()), tag};
  if (2 * entries_.size() <= mask_ + 1) return;
  clear_buckets(2 * entries_.size());
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const auto moved = hash_of(*entries_[i].module, entries_[i].calls.where);
    free_bucket(moved) = {i + 1, tag_of(moved)};
  }
}

// A sum of products with secret odd numbers (Dietzfelbinger's multiply-shift).
std::uint64_t call_round::hash_of(const service_state& module, endpoint where) const {
  const auto address = reinterpret_cast<std::uintptr_t>(&module) / alignof(service_state);
  const auto host = (std::uint64_t{where.ip} << 32) | where.port;
  return address * secret_[0] + host * secret_[1];
}

call_round::bucket& call_round::free_bucket(std::uint64_t hash) {
  auto index = hash >> shift_;
  while (table_[index].number != 0) index = (index + 1) & mask_;
  return table_[index];
}

// Sizes the table for this many entries and empties it.
void call_round::clear_buckets(std::size_t entries) {
  const auto buckets = std::bit_ceil(std::max(2 * entries, least_buckets));
  if (buckets > table_.size()) table_.resize(buckets);
  std::fill_n(table_.begin(), buckets, bucket{});
  mask_ = buckets - 1;
  shift_ = 64 - static_cast<unsigned>(std::bit_width(mask_));
}

// Prefetches the modules of the batch after the next, and the hosts of the next batch, whose modules have arrived.
void call_round::fetch_ahead(std::size_t from) const {
  const auto each = [this](std::size_t first, auto fetch) {
    const auto end = std::min(first + batch, entries_.size());
    for (auto i = first; i < end; ++i) fetch(entries_[i]);
  };
  const auto fetch_module = [](const entry& called) { called.module->fetch_ahead(); };
  const auto fetch_host = [](const entry& called) { called.module->fetch_ahead(called.calls.hint); };
  if (from == 0) {
    each(0, fetch_module);
    each(batch, fetch_module);
    each(0, fetch_host);
  }
  each(from + 2 * batch, fetch_module);
  each(from + batch, fetch_host);
}

}  // namespace lars::agent
