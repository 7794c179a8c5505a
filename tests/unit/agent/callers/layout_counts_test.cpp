#include "agent/callers/layout_counts.hpp"

#include <catch2/catch.hpp>
#include <map>

namespace lars::layout_counts_test {

using namespace lars::agent;

TEST_CASE("refused callers are counted by layout, and together once there are too many layouts") {
  layout_counts counts;
  for (std::uint32_t layout = 0; layout < 10; ++layout) counts.add(layout);
  counts.add(0);
  counts.add(3);
  counts.add(9);
  std::map<std::uint32_t, std::uint64_t> seen;
  counts.for_each([&seen](std::uint32_t layout, std::uint64_t count) { seen[layout] = count; });
  CHECK(seen == std::map<std::uint32_t, std::uint64_t>{{0, 2}, {1, 1}, {2, 1}, {3, 2}, {4, 1}, {5, 1}, {6, 1}, {7, 1}});
  CHECK(counts.others() == 3);
}

}  // namespace lars::layout_counts_test
