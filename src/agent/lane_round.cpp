#include "agent/lane_round.hpp"

#include <algorithm>
#include <bit>
#include <random>

namespace lars::agent {
namespace {

constexpr std::size_t least_places = 256;

std::array<std::uint64_t, 2> draw_secret() {
  std::random_device device;
  const auto draw = [&device] { return (std::uint64_t{device()} << 32) | device() | 1; };
  return {draw(), draw()};
}

void add_to(lane_calls& all, const share::counted_calls& more) {
  all.picks += more.picks;
  all.dropped += more.dropped;
  all.ended.successes += more.ends - more.failures;
  all.ended.failures += more.failures;
  all.ended.trailing_failures = std::max(all.ended.trailing_failures, more.run);
  all.latency_us += more.latency_us;
  all.cost += more.cost;
  for (std::size_t i = 0; i < more.latency.size(); ++i) all.latency[i] += more.latency[i];
  all.peak_us = std::max(all.peak_us, more.peak_us);
}

}  // namespace

lane_round::lane_round() : secret_(draw_secret()) { use_places(0); }

void lane_round::add(module& to, const share::counted_calls& calls, std::uint32_t& hint) {
  const auto of = entry_for(to, calls);
  hints_.push_back({of, &hint});
  add_to(entries_[of].calls, calls);
}

// By a sum of products with odd numbers that nobody knows (Dietzfelbinger's multiply-shift).
std::size_t lane_round::place_of(const module& to, endpoint where) const {
  const auto address = reinterpret_cast<std::uintptr_t>(&to) / alignof(module);
  const auto name = (std::uint64_t{where.ip} << 32) | where.port;
  return (address * secret_[0] + name * secret_[1]) >> shift_;
}

// The entry of this host, made if there is none.
std::uint32_t lane_round::entry_for(module& to, const share::counted_calls& calls) {
  for (auto place = place_of(to, calls.where); table_[place] != 0; place = (place + 1) & mask_) {
    const auto& found = entries_[table_[place] - 1];
    if (found.to == &to && found.calls.where == calls.where) return table_[place] - 1;
  }
  auto& made = entries_.emplace_back();
  made.to = &to;
  made.calls.where = calls.where;
  made.calls.hint = calls.hint;
  const auto number = static_cast<std::uint32_t>(entries_.size());
  if (2 * entries_.size() <= mask_ + 1) {
    put(number);
  } else {
    std::fill_n(table_.begin(), mask_ + 1, 0);
    use_places(2 * entries_.size());
    for (std::uint32_t one = 1; one <= number; ++one) put(one);
  }
  return number - 1;
}

// Of an entry, by its number from 1.
void lane_round::put(std::uint32_t number) {
  const auto& one = entries_[number - 1];
  auto place = place_of(*one.to, one.calls.where);
  while (table_[place] != 0) place = (place + 1) & mask_;
  table_[place] = number;
}

// Enough for so many. REQUIRES: no place is taken.
void lane_round::use_places(std::size_t entries) {
  const auto places = std::bit_ceil(std::max(2 * entries, least_places));
  if (places > table_.size()) table_.resize(places);
  mask_ = places - 1;
  shift_ = 64 - static_cast<unsigned>(std::bit_width(mask_));
}

// The modules of the batch after the next one, and what those of the next one, which are there, keep of their hosts.
void lane_round::fetch_ahead(std::size_t from) const {
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

void lane_round::tell_hints() {
  for (const auto& one : hints_) *one.hint = entries_[one.of].calls.hint;
}

// The next round is about as long as this one. Not much shorter at once: a sweep's few finds are a round as well.
void lane_round::forget() {
  std::fill_n(table_.begin(), mask_ + 1, 0);
  use_places(std::max(entries_.size(), (mask_ + 1) / 4));
  entries_.clear();
  hints_.clear();
}

}  // namespace lars::agent
