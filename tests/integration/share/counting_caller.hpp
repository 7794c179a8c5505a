// A caller that counts in one segment, and an agent that adds up what it finds there.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "share/caller_counters.hpp"
#include "share/segment.hpp"
#include "share/thread_counters.hpp"

namespace lars::test {

using namespace lars::share;

inline constexpr std::uint64_t most_bytes = 1u << 20;
inline constexpr balance::member first{{0x0a000001, 80}, 0, 1};
inline constexpr balance::member second{{0x0a000002, 80}, 1, 1};

inline descriptor again(const descriptor& file) { return descriptor(::dup(file.get())); }

// A caller with one segment, one dirty ring and the counters of one thread, and the files that it would hand over.
struct lone_caller {
  lone_caller() {
    auto made = make_segment(first_segment);
    REQUIRE(made);
    files = *std::move(made);
    auto opened = segment::open(again(files.counters), again(files.checkpoint), first_segment);
    REQUIRE(opened);
    own.emplace(*std::move(opened));
    dirty_ring = dirty_ring_writer(
        own->add_block(block_kind::dirty_ring, 0, dirty_ring_entries, dirty_ring_entries * sizeof(shared_word)));
    auto* const block = own->add_block(block_kind::counters, balance::join(1, 2), 4, slots_bytes(4));
    REQUIRE(block != nullptr);
    counters.emplace(route_key{1, 2}, *block, own->number(), own->position_of(*block), dirty_ring);
    slots = reinterpret_cast<counter_slot*>(block + 1);
  }
  void call(const balance::member& host, rounds now, bool failed = false) {
    const auto place = counters->index_of(host);
    counters->count_pick(place, 1, now);
    counters->count_end(place, {failed, 100, 1}, now);
  }
  // Anything, as a hostile program writes it.
  template <class T>
  T& word(std::uint64_t at) {
    return *reinterpret_cast<T*>(pages().data() + at);
  }
  const mapping& pages() {
    if (!raw) raw = *mapping::of(files.counters.get(), first_segment, mapping::access::write);
    return raw;
  }

  segment_files files;
  std::optional<segment> own;
  dirty_ring_writer dirty_ring;
  std::optional<thread_counters> counters;
  counter_slot* slots = nullptr;  // of those counters
  mapping raw;
};

// An agent that adds up what it is told.
struct adding_agent {
  explicit adding_agent(const segment_files& files) { REQUIRE(counters.add(files, most_bytes)); }
  void add(const counted_calls& calls) {
    ++told;
    auto& sum = sums[calls.where];
    sum.picks += calls.picks;
    sum.ends += calls.ends;
    sum.failures += calls.failures;
    sum.dropped += calls.dropped;
    sum.latency_us += calls.latency_us;
    sum.cost += calls.cost;
    for (std::size_t i = 0; i < sum.latency.size(); ++i) sum.latency[i] += calls.latency[i];
  }
  std::uint64_t under_way() {
    std::uint64_t all = 0;
    counters.for_each_under_way([&](route_key, endpoint, std::uint64_t calls) { all += calls; });
    return all;
  }

  caller_counters counters;
  calls_sink sink{[this](std::span<const counted_calls> found) {
    for (const auto& calls : found) add(calls);
  }};
  std::map<endpoint, counted_calls> sums;
  int told = 0;
};

}  // namespace lars::test
