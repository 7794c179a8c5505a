// One caller's counters as the agent reads them: finds what changed since the last scan.
#pragma once

#include <cstdint>
#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>

#include "share/caller_segments.hpp"
#include "share/counted_calls.hpp"
#include "share/load_ring.hpp"
#include "share/segment_files.hpp"
#include "share/slot_sweep.hpp"

namespace lars::share {

// Every byte of the counters may be anything at any moment: this caller's numbers can be wrong, nothing else can. The
// work of a look is proportional to what changed, and bounded. Lifetime: its caller's connection. Threads: owner
// context only.
class caller_counters {
public:
  // As caller_segments::add().
  result<void> add(const segment_files& files, std::uint64_t most_bytes) { return segments_.add(files, most_bytes); }

  std::uint64_t bytes() const { return segments_.bytes(); }
  std::uint64_t counters_bytes() const { return segments_.counters_bytes(); }
  std::size_t segments() const { return segments_.size(); }
  std::uint64_t name() const { return segments_.name(); }

  // Whether the checkpoints can be true: they claim no more than the counters say, of the same host where calls are in
  // flight. For segments that were handed back, before the first look. Work goes with their size.
  bool is_covered();

  // False once the memory was found to be laid out as none of our libraries does it. It is not read any more.
  bool sound() const { return sound_; }
  std::uint64_t rejected() const { return rejected_; }  // counts that went backwards

  // What is new. `whole`: if a ring had lost entries, look at every slot: now, or over the next such looks if there are
  // many.
  void look(bool whole, calls_sink& each);
  // Looks at the next `slots` slots, whatever the dirty rings say.
  void sweep(std::size_t slots, calls_sink& each);
  // Looks at every slot.
  void look_at_all(calls_sink& each);

  using load_sink = std::function<void(const told_load&)>;

  // What hosts reported of their load since the last time, a bounded amount a time. REQUIRES: look() came before.
  void look_at_loads(const load_sink& each);
  // Skips the load reports that were for an earlier agent.
  void skip_loads();

  // Calls in flight by module and host, as far as they were looked at.
  void for_each_under_way(const std::function<void(route_key, endpoint, std::uint64_t)>& each);

private:
  void parse();
  void look_at(const counter_block& block, std::uint32_t number, calls_sink& each);

  caller_segments segments_;
  slot_sweep sweep_;
  std::size_t rings_ = 0;        // dirty rings at the last parse
  std::size_t first_loads_ = 0;  // the ring of load reports to read first
  std::uint64_t rejected_ = 0;
  bool sound_ = true;
};

}  // namespace lars::share
