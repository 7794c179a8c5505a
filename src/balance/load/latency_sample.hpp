// Decides which calls to one host a picker times when its policy does not go by latency: the first 64 of each second,
// then one in eight. A call that is not timed is counted with the latency of the last one that was, so the latency
// counts always add up to the calls.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lars::balance {

// Lifetime: its host's counters'. Threads: owner context only. Pure.
class latency_sample {
public:
  static constexpr std::uint16_t timed_a_second = 64;
  // Calls skipped between two timed ones: seven on average. The number varies, so that calls which are slow at regular
  // intervals are neither always timed nor never.
  static constexpr std::uint32_t least_skipped = 4;
  static constexpr std::uint32_t most_skipped = 10;

  bool times_next() const { return to_skip_ == 0; }

  // Records a call that was timed. `draw` is random.
  void record(std::uint64_t latency_us, std::uint64_t draw) {
    latency_us_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(latency_us, UINT32_MAX));
    if (timed_ < timed_a_second) ++timed_;
    if (timed_ < timed_a_second) return;
    constexpr std::uint64_t choices = most_skipped - least_skipped + 1;
    to_skip_ = static_cast<std::uint16_t>(least_skipped + (((draw >> 32) * choices) >> 32));
  }
  // Skips a call. Returns the latency to count it with. REQUIRES: !times_next().
  std::uint32_t skip() {
    --to_skip_;
    return latency_us_;
  }
  void begin_second() { timed_ = to_skip_ = 0; }

private:
  std::uint16_t timed_ = 0;       // in this second, up to timed_a_second
  std::uint16_t to_skip_ = 0;     // calls before the next timed one
  std::uint32_t latency_us_ = 0;  // of the last timed call
};

}  // namespace lars::balance
