// Whether the callers of a module tell how their calls went. Callers of old may ask for hosts and never report: what is
// counted as under way means nothing then.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lars::balance {

// Lifetime: its module's. Threads: one at a time (the module's lock). Pure.
class reporting_share {
public:
  // So many calls were told of, so many were waited for in vain.
  void note(std::uint64_t told, std::uint64_t expired) {
    told_ = sum(told_, told);
    expired_ = sum(expired_, expired);
    if (std::uint64_t{told_} + expired_ < memory) return;
    told_ /= 2;
    expired_ /= 2;
  }

  // At least half of the last calls; yes while hardly any are known.
  bool enough() const { return std::uint64_t{told_} + expired_ < least || told_ >= expired_; }

private:
  static constexpr std::uint64_t memory = 4096;  // calls after which the older half counts half
  static constexpr std::uint64_t least = 20;     // calls that say anything

  static std::uint32_t sum(std::uint32_t count, std::uint64_t calls) {
    return static_cast<std::uint32_t>(std::min(count + calls, std::uint64_t{UINT32_MAX}));
  }

  std::uint32_t told_ = 0;
  std::uint32_t expired_ = 0;
};

}  // namespace lars::balance
