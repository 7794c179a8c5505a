// One segment of a caller's counters, in the caller.
#pragma once

#include <atomic>
#include <cstdint>
#include <lars/error.hpp>
#include <memory>

#include "share/counters_format.hpp"
#include "share/memory_file.hpp"

namespace lars::share {

// Lifetime: its caller's session. Threads: one at a time for add_block(); blocks belong to their counters.
class segment {
public:
  // `checkpoint` is the agent's; the caller keeps it for the next agent. errc::bad_message where the counters are not
  // sealed to this size, errc::system_error.
  static result<segment> open(descriptor counters, descriptor checkpoint, std::uint64_t bytes);

  // Makes a segment without an agent; the next agent adopts it. It has no checkpoint yet. errc::system_error.
  static result<segment> make(std::uint64_t bytes);
  void adopt(descriptor checkpoint) { checkpoint_ = std::move(checkpoint); }

  // The agent's number of this segment among the caller's; any number until the agent has it. Its address is stable.
  std::atomic<std::uint32_t>& number() const { return *number_; }

  // Publishes a zeroed block with this many bytes after its header; null where there is no room.
  block_header* add_block(block_kind kind, std::uint64_t key, std::uint64_t count, std::uint64_t bytes);

  std::uint32_t position_of(const block_header& block) const {
    return static_cast<std::uint32_t>((reinterpret_cast<const std::byte*>(&block) - pages_.data()) /
                                      static_cast<std::ptrdiff_t>(block_alignment));
  }
  std::uint64_t bytes() const { return pages_.size(); }
  int counters_file() const { return counters_.get(); }
  int checkpoint_file() const { return checkpoint_.get(); }

private:
  segment_header& header() { return *reinterpret_cast<segment_header*>(pages_.data()); }

  descriptor counters_;
  descriptor checkpoint_;
  mapping pages_;
  std::unique_ptr<std::atomic<std::uint32_t>> number_ = std::make_unique<std::atomic<std::uint32_t>>(0);
};

}  // namespace lars::share
