// A caller's counters of arbitrary bytes, which change while they are scanned: a scan ends, reports no more than its
// limit and stays within the memory, and a well-behaved caller beside it is counted exactly.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "expect.hpp"
#include "share/caller_counters.hpp"
#include "share/segment.hpp"
#include "share/thread_counters.hpp"

namespace {

using lars::fuzz::expect;
using lars::fuzz::planted;
namespace share = lars::share;

constexpr std::uint64_t most_a_look = std::uint64_t{1} << 30;
constexpr std::uint64_t slots = share::first_segment / sizeof(share::counter_slot);

struct pages_of {
  explicit pages_of(const share::segment_files& files)
      : counters(*share::mapping::of(files.counters.get(), share::first_segment, share::mapping::access::write)),
        checkpoint(*share::mapping::of(share::writable_again(files.checkpoint.get())->get(),
                                       share::checkpoint_bytes(share::first_segment), share::mapping::access::write)) {}
  share::mapping counters;
  share::mapping checkpoint;
};

share::descriptor again(const share::descriptor& file) { return share::descriptor(::dup(file.get())); }

// Like a caller's first segment: a ring, counters, some calls.
void fill_honestly(const share::segment_files& files, std::uint8_t calls) {
  auto own = *share::segment::open(again(files.counters), again(files.checkpoint), share::first_segment);
  share::dirty_ring_writer dirty_ring(own.add_block(share::block_kind::dirty_ring, 0, share::dirty_ring_entries,
                                                    share::dirty_ring_entries * sizeof(share::shared_word)));
  auto* const block = own.add_block(share::block_kind::counters, 1, 4, share::slots_bytes(4));
  share::thread_counters counters({0, 1}, *block, own.number(), own.position_of(*block), dirty_ring);
  for (int i = 0; i < calls; ++i) {
    const auto place = counters.index_of({{7, 80}, 0, 1});
    counters.count_pick(place, 1, {1, 1});
    counters.count_end(place, {}, {1, 1});
  }
}

// Each step of the input: a position (16 bits; the top bit means the checkpoint), then a word.
std::span<const std::uint8_t> scribble(const pages_of& pages, std::span<const std::uint8_t> steps, int most) {
  for (; steps.size() >= 10 && most > 0; --most, steps = steps.subspan(10)) {
    std::uint16_t place = 0;
    std::memcpy(&place, steps.data(), 2);
    const auto& to = (place & 0x8000) != 0 ? pages.checkpoint : pages.counters;
    std::memcpy(to.data() + (place & 0x7fffu) * 8 % to.size(), steps.data() + 2, 8);
  }
  return steps;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // Reuse the files for every input, emptied: creating files costs most.
  static const auto files = *share::make_segment(share::first_segment);
  static const auto honest_files = *share::make_segment(share::first_segment);
  static const pages_of pages(files);
  static const pages_of honest_pages(honest_files);
  for (const auto* one : {&pages, &honest_pages}) {
    std::memset(one->counters.data(), 0, one->counters.size());
    std::memset(one->checkpoint.data(), 0, one->checkpoint.size());
  }
  fill_honestly(honest_files, data[0]);
  fill_honestly(files, data[0]);
  std::span<const std::uint8_t> steps(data + 2, size - 2);
  steps = scribble(pages, steps, data[1] % 32);

  share::caller_counters hostile;
  expect(hostile.add(files, share::allocated_bytes(share::first_segment)).has_value(),
         "files of an agent's are taken in");
  std::uint64_t told = 0;
  const auto check = [&](const share::counted_calls& calls) {
    ++told;
    expect(calls.picks <= most_a_look && calls.ends <= most_a_look && calls.dropped <= most_a_look,
           "a look takes in a bounded number of calls");
    expect(calls.failures <= calls.ends, "no more failures than ends");
    // The planted fault: the sink expects counted hosts to have small names.
    expect(!planted || calls.where.ip < 0x10000, "hosts have small names");
    *calls.hint = calls.where.ip;
  };
  share::calls_sink sink([&](std::span<const share::counted_calls> found) { std::ranges::for_each(found, check); });
  for (int look = 0; look < 3; ++look) {
    told = 0;
    hostile.look(true, sink);
    expect(told <= share::dirty_ring_entries * 3 + slots, "a look is bounded by the memory");
    steps = scribble(pages, steps, 8);
    hostile.sweep(slots, sink);
    steps = scribble(pages, steps, 8);
  }
  hostile.for_each_under_way([](lars::route_key, lars::endpoint, std::uint64_t calls) {
    expect(calls > 0 && calls <= slots << 31, "what is under way is a number of calls");
  });

  share::caller_counters honest;
  expect(honest.add(honest_files, share::allocated_bytes(share::first_segment)).has_value(),
         "files of an agent's are taken in");
  std::uint64_t ends = 0;
  share::calls_sink adding([&](std::span<const share::counted_calls> found) {
    for (const auto& calls : found) ends += calls.ends;
  });
  honest.look(true, adding);
  expect(ends == data[0], "an honest caller is counted exactly");
  return 0;
}
