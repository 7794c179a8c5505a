// Whether the callers of a module report how their calls went. Old callers may ask for hosts and never report; what is
// counted as under way then means nothing.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lars::balance {

// Lifetime: its module's. Threads: one at a time (the module's lock). Pure.
class reporting_share {
public:
  // So many calls were reported, and so many expired without a report.
  void note(std::uint64_t reported, std::uint64_t expired) {
    reported_ = sum(reported_, reported);
    expired_ = sum(expired_, expired);
    if (std::uint64_t{reported_} + expired_ < memory) return;
    reported_ /= 2;
    expired_ /= 2;
  }

  // At least half of the last calls were reported; true while too few are known.
  bool enough() const { return std::uint64_t{reported_} + expired_ < least || reported_ >= expired_; }

private:
  static constexpr std::uint64_t memory = 4096;  // calls after which the older half counts half
  static constexpr std::uint64_t least = 20;     // calls needed to decide

  static std::uint32_t sum(std::uint32_t count, std::uint64_t calls) {
    return static_cast<std::uint32_t>(std::min(count + calls, std::uint64_t{UINT32_MAX}));
  }

  std::uint32_t reported_ = 0;
  std::uint32_t expired_ = 0;
};

}  // namespace lars::balance
