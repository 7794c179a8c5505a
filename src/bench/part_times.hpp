// When the parts of a load begin and end.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace lars::bench {

// The kinds of parts. A batch has batch_calls calls.
enum class load_part : std::uint8_t {
  pick_and_report,  // at full speed, each batch timed
  pick_alone,       // likewise; the reports of a batch follow untimed
  one_by_one,       // pick + report, each call timed
  paced,            // pick + report at a set rate, not timed
};

// Times since the start of the load.
struct part_time {
  std::chrono::nanoseconds begin;
  std::chrono::nanoseconds counted;  // figures count from here on
  std::chrono::nanoseconds end;
};

// A paced part measures what its rate costs in the long run. It begins with a lead that is not counted, in which the
// agent works off the full speed of the part before. It ends with silence, so that a late reading of the agent's
// processor time includes nothing of the next part.
inline constexpr auto paced_lead = std::chrono::seconds(1);
inline constexpr auto paced_silence = std::chrono::milliseconds(50);

// The parts one after the other, each counted for the time `each`. Pure.
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
