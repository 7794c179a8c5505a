// One caller's counters as the agent reads them: finds what changed since it looked last.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <span>
#include <utility>
#include <vector>

#include "share/counters_format.hpp"
#include "share/load_ring.hpp"
#include "share/memory_file.hpp"

namespace lars::share {

// What one thread counted of one host since the agent looked last.
struct counted_calls {
  route_key key;
  void** owner = nullptr;                // for the reader: its object of this module, null at first
  std::uint32_t* owner_since = nullptr;  // for the reader: when it set `owner`, 0 at first
  endpoint where;
  std::uint32_t* hint = nullptr;  // for the reader: the host's slot in the module when it was last found
  std::uint64_t picks = 0;
  std::uint64_t ends = 0;      // with an outcome
  std::uint64_t failures = 0;  // of those
  std::uint64_t dropped = 0;   // ended without one
  std::uint64_t run = 0;       // failures in a row that the counters ends with
  std::uint64_t latency_us = 0;
  std::uint64_t cost = 0;
  std::uint32_t peak_us = 0;
  std::array<std::uint32_t, base::latency_buckets> latency{};
};

// Receives what looks find, in batches. Threads: one at a time.
class calls_sink {
public:
  // A host may occur several times. The pointers are valid as long as the counters that were read.
  using taker = std::function<void(std::span<const counted_calls>)>;

  explicit calls_sink(taker take) : take_(std::move(take)) {}

private:
  friend class caller_counters;

  static constexpr std::size_t batch = 32;

  counted_calls& room() { return found_[count_]; }
  void keep() {
    if (++count_ == batch) hand_over();
  }
  void hand_over() {
    if (count_ > 0) take_(std::span(found_).first(std::exchange(count_, 0)));
  }

  const taker take_;
  std::array<counted_calls, batch> found_;  // not passed on yet
  std::size_t count_ = 0;
};

// A segment's two files.
struct segment_files {
  descriptor counters;
  descriptor checkpoint;
};

// A checkpoint for counters of so many bytes. errc::system_error.
result<descriptor> make_checkpoint(std::uint64_t segment_bytes);

// Counters and their checkpoint, sealed to their length; the counters are allocated. Callers cannot write the
// checkpoint: its descriptor is read-only and its file belongs to the agent's user alone. errc::system_error.
result<segment_files> make_segment(std::uint64_t bytes);

// Every byte of the counters may be anything at any moment: this caller's numbers can be wrong, nothing else can. The
// work of a look is proportional to what changed, and bounded. Lifetime: its caller's connection. Threads: owner
// context only.
class caller_counters {
public:
  // Adds a segment: a new one, or one that a caller had of an earlier agent. errc::bad_message where no agent made
  // these files, errc::too_large over `most_bytes` in all, errc::system_error.
  result<void> add(const segment_files& files, std::uint64_t most_bytes);

  std::uint64_t bytes() const { return bytes_; }                    // of both files of each segment
  std::uint64_t counters_bytes() const { return counters_bytes_; }  // of the counters alone
  std::size_t segments() const { return segments_.size(); }
  // Whether what the checkpoints claim to have been taken over can be: no more than the counters say, of the same host
  // where calls are under way. For segments that were handed back, before the first look. Work goes with their size.
  bool is_covered();

  // False once the memory was found to be laid out as none of our libraries does it. It is not read any more.
  bool sound() const { return sound_; }
  std::uint64_t rejected() const { return rejected_; }  // counts that went backwards

  // What is new. `whole` = where a counters had more dirty entries than its ring holds, look at everything: now, or in
  // the next such looks where it is much.
  void look(bool whole, calls_sink& each);
  // At most so many slots, wherever the last sweep ended: finds what no entry told of.
  void sweep(std::size_t slots, calls_sink& each);
  // At everything.
  void look_at_all(calls_sink& each);

  using load_sink = std::function<void(const told_load&)>;

  // What hosts said of their load since the last time, a bounded amount a time. REQUIRES: look() came before.
  void look_at_loads(const load_sink& each);
  // What is there is none of this agent's business.
  void skip_loads();

  // What is under way, as far as it was looked at, by module and host.
  void for_each_under_way(const std::function<void(route_key, endpoint, std::uint64_t)>& each);

  // Tells memory that is here from any other; 0 = there is none yet.
  std::uint64_t name() const { return name_; }

private:
  static constexpr std::uint64_t batch = 32;  // dirty entries that are followed together

  struct pages {
    mapping counters;
    mapping checkpoint;
    std::uint64_t parsed = sizeof(segment_header);
    // By place_of() its position: number of the counters block + 1.
    std::vector<std::uint32_t> block_at;
  };
  // Dirty entries lead to any of them, and there are as many as callers have modules: two share a line of memory.
  struct alignas(32) counter_block {
    route_key key;
    mutable void* owner = nullptr;
    std::uint32_t segment = 0;
    std::uint32_t block = 0;  // its position in units of block_alignment
    std::uint32_t slots = 0;
    mutable std::uint32_t owner_since = 0;

    std::uint64_t slots_at() const { return std::uint64_t{block} * block_alignment + sizeof(block_header); }
  };
  static_assert(sizeof(counter_block) == 32);
  // No two blocks with slots begin so close to each other.
  static constexpr std::size_t place_of(std::uint64_t block) { return block * block_alignment / sizeof(counter_slot); }
  struct ring {
    std::uint32_t segment = 0;
    std::uint64_t at = 0;  // position of its header
    std::uint64_t tail = 0;
  };

  void parse();
  bool parse_block(std::uint32_t segment, pages& in);
  void follow(ring& one, std::uint64_t& left, calls_sink& each);
  // A slot that an entry told of.
  struct place {
    std::uint32_t block = 0;  // its number + 1; 0 = none
    std::uint32_t slot = 0;
  };
  void find_places(const ring& one, const shared_word* entries, std::uint64_t count,
                   std::array<place, batch>& found) const;
  // False where nothing is new there; then `into` is what it was.
  bool look_at(const counter_block& block, std::uint32_t slot, counted_calls& into);
  void look_at(const counter_block& block, std::uint32_t slot, calls_sink& each);
  const counter_slot& slot(const counter_block& block, std::uint32_t number) const;
  checkpoint_entry& entry(const counter_block& block, std::uint32_t number) const;

  std::vector<pages> segments_;
  std::vector<counter_block> blocks_;
  std::vector<ring> rings_;
  std::vector<load_ring> loads_;
  std::size_t first_loads_ = 0;  // whose turn it is to be read first
  std::uint64_t bytes_ = 0;
  std::uint64_t counters_bytes_ = 0;
  std::uint64_t name_ = 0;
  std::uint64_t rejected_ = 0;
  bool overrun_ = false;     // a ring was
  std::uint64_t steps_ = 0;  // of a whole sweep
  std::uint64_t owed_ = 0;   // of those, since a ring was overrun
  bool sound_ = true;
  std::size_t sweep_block_ = 0;
  std::uint32_t sweep_slot_ = 0;
};

}  // namespace lars::share
