// The checkpoints of counters that callers created while there was no agent. They prevent counting such counters twice:
// a caller that missed the agent's answer brings them again without the checkpoint it was sent.
#pragma once

#include <cstdint>
#include <deque>
#include <lars/error.hpp>

#include "share/memory_file.hpp"

namespace lars::agent {

// Lifetime: its server's. Threads: owner context only.
class adopted_checkpoints {
public:
  static constexpr std::size_t most = 64;  // only the newest are kept, because each keeps its memory allocated

  // A descriptor of the checkpoint of this counters file; creates the checkpoint if there is none yet.
  // errc::bad_message if the file is not a counters file; errc::system_error.
  result<share::descriptor> checkpoint_of(int counters);

private:
  struct adopted {
    std::uint64_t inode = 0;  // of the counters file; unique among memory files while the machine runs
    share::descriptor checkpoint;
  };
  std::deque<adopted> all_;
};

}  // namespace lars::agent
