// Decides which calls of a simulation fail: K of every ten calls to a host, evenly spread and deterministic.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <unordered_map>

namespace lars::cli {

// Pure. Threads: owner context only.
class fault_plan {
public:
  // REQUIRES: of_ten <= 10.
  explicit fault_plan(std::uint32_t of_ten) : everywhere_(of_ten) {}
  void fail(endpoint where, std::uint32_t of_ten) { single_[where] = of_ten; }

  // Returns true if the next call to the host fails.
  bool next(endpoint where) {
    const auto found = single_.find(where);
    const std::uint64_t share = found == single_.end() ? everywhere_ : found->second;
    const std::uint64_t index = calls_[where]++;
    return (index + 1) * share / 10 != index * share / 10;
  }

private:
  const std::uint32_t everywhere_;
  std::unordered_map<endpoint, std::uint32_t> single_;
  std::unordered_map<endpoint, std::uint64_t> calls_;
};

}  // namespace lars::cli
