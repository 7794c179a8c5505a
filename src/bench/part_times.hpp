// When the parts of a load begin and end.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace lars::bench {

// What is done in a part of a load. Batches are of batch_calls calls.
enum class load_part : std::uint8_t {
  pick_and_report,  // as fast as it goes, each batch timed
  pick_alone,       // likewise; the reports of a batch follow it, and are not timed
  one_by_one,       // pick + report, each call timed
  paced,            // pick + report at a set rate, not timed
};

// All since the start of the load.
struct part_time {
  std::chrono::nanoseconds begin;
  std::chrono::nanoseconds counted;  // what came before is not part of any figure
  std::chrono::nanoseconds end;
};

// A paced part shows what its rate costs in the long run. Whatever came before went as fast as it could, so the other
// side is given a while to catch up, at that rate; and silence at the end, so that whoever reads its processor time a
// little late reads nothing of the next part.
inline constexpr auto paced_lead = std::chrono::seconds(1);
inline constexpr auto paced_silence = std::chrono::milliseconds(50);

// One after the other, of each of them as much counted. Pure.
inline std::vector<part_time> times_of(std::span<const load_part> parts, std::chrono::nanoseconds each) {
  std::vector<part_time> times;
  std::chrono::nanoseconds now{0};
  for (const auto part : parts) {
    const bool paced = part == load_part::paced;
    const auto counted = paced ? now + paced_lead : now;
    times.push_back({now, counted, counted + each});
    now = counted + each + (paced ? std::chrono::nanoseconds(paced_silence) : std::chrono::nanoseconds(0));
  }
  return times;
}

}  // namespace lars::bench
