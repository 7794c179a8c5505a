#include "agent/callers/call_round.hpp"

#include <algorithm>
#include <bit>
#include <random>

#include "base/fetch_ahead.hpp"

namespace lars::agent {
namespace {

constexpr std::size_t least_places = 256;
constexpr std::size_t room_ahead = 4;  // entries: theirs is in no cache either

std::array<std::uint64_t, 2> draw_secret() {
  std::random_device device;
  const auto draw = [&device] { return (std::uint64_t{device()} << 32) | device() | 1; };
  return {draw(), draw()};
}

// Of a product's bits those that all of both factors went into; the lowest know nothing of a host's address.
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

void call_round::add(service_state& to, const share::counted_calls& calls) {
  // The next round is about as long as this one. Not much shorter at once: a sweep's few finds are a round as well.
  // Emptied when it begins: so the places are in a cache when they are needed.
  if (entries_.empty()) use_places(std::max(last_round_, (mask_ + 1) / 4));
  const auto hash = hash_of(to, calls.where);
  const auto tag = tag_of(hash);
  auto at = hash >> shift_;
  for (; table_[at].number != 0; at = (at + 1) & mask_) {
    if (table_[at].tag != tag) continue;
    auto& found = entries_[table_[at].number - 1];
    if (found.to != &to || found.calls.where != calls.where) continue;
    found.calls.add(calls_of(calls));
    return;
  }
  if (entries_.size() + room_ahead < entries_.capacity())
    base::fetch_ahead(entries_.data() + entries_.size() + room_ahead);
  entries_.push_back({&to, calls.hint, calls_of(calls)});
  table_[at] = {static_cast<std::uint32_t>(entries_.size()), tag};
  if (2 * entries_.size() <= mask_ + 1) return;
  use_places(2 * entries_.size());
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const auto& one = entries_[i];
    const auto moved = hash_of(*one.to, one.calls.where);
    free_place(moved) = {i + 1, tag_of(moved)};
  }
}

// By a sum of products with odd numbers that nobody knows (Dietzfelbinger's multiply-shift).
std::uint64_t call_round::hash_of(const service_state& to, endpoint where) const {
  const auto address = reinterpret_cast<std::uintptr_t>(&to) / alignof(service_state);
  const auto name = (std::uint64_t{where.ip} << 32) | where.port;
  return address * secret_[0] + name * secret_[1];
}

call_round::place& call_round::free_place(std::uint64_t hash) {
  auto at = hash >> shift_;
  while (table_[at].number != 0) at = (at + 1) & mask_;
  return table_[at];
}

// Enough for so many, all of them free.
void call_round::use_places(std::size_t entries) {
  const auto places = std::bit_ceil(std::max(2 * entries, least_places));
  if (places > table_.size()) table_.resize(places);
  std::fill_n(table_.begin(), places, place{});
  mask_ = places - 1;
  shift_ = 64 - static_cast<unsigned>(std::bit_width(mask_));
}

// The modules of the batch after the next one, and what those of the next one, which are there, keep of their hosts.
void call_round::fetch_ahead(std::size_t from) const {
  const auto each = [this](std::size_t first, auto fetch) {
    const auto end = std::min(first + batch, entries_.size());
    for (auto i = first; i < end; ++i) fetch(entries_[i]);
  };
  const auto fetch_module = [](const entry& one) { one.to->fetch_ahead(); };
  const auto fetch_host = [](const entry& one) { one.to->fetch_ahead(one.calls.hint); };
  if (from == 0) {
    each(0, fetch_module);
    each(batch, fetch_module);
    each(0, fetch_host);
  }
  each(from + 2 * batch, fetch_module);
  each(from + batch, fetch_host);
}

}  // namespace lars::agent
