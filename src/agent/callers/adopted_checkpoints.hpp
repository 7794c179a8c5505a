// Checkpoint of counters that callers made while there was no agent, so that none of them is counted from the beginning
// twice: a caller that did not hear our welcome brings them again without the checkpoint it was sent.
#pragma once

#include <cstdint>
#include <deque>
#include <lars/error.hpp>

#include "share/memory_file.hpp"

namespace lars::agent {

// Lifetime: its server's. Threads: owner context only.
class adopted_checkpoints {
public:
  static constexpr std::size_t most = 64;  // the newest; each holds its memory

  // The checkpoint of these counters, to be handed out: the one from before, or a new one. errc::bad_message where the
  // file is no counters, errc::system_error.
  result<share::descriptor> of(int counters);

private:
  struct adopted {
    std::uint64_t name = 0;  // of the counters' file; no other memory file has it while the machine runs
    share::descriptor checkpoint;
  };
  std::deque<adopted> all_;
};

}  // namespace lars::agent
