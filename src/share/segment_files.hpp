// The two memory files of a segment: a caller's counters and the agent's checkpoint of them.
#pragma once

#include <cstdint>
#include <lars/error.hpp>

#include "share/memory_file.hpp"

namespace lars::share {

struct segment_files {
  descriptor counters;
  descriptor checkpoint;
};

// Creates a checkpoint for counters of so many bytes. errc::system_error.
result<descriptor> make_checkpoint(std::uint64_t segment_bytes);

// Creates counters and their checkpoint, sealed to their length; the counters are allocated. Callers cannot write the
// checkpoint: its descriptor is read-only and its file belongs to the agent's user alone. errc::system_error.
result<segment_files> make_segment(std::uint64_t bytes);

}  // namespace lars::share
