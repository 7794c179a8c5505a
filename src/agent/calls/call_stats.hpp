// What one UDP thread counted.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::agent {

// A number that one thread raises and any thread reads.
class counter {
public:
  void add_one() { value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> value_{0};
};

// Threads: one writer, any reader.
struct call_stats {
  counter hosts_given;      // GetHost answered with a host
  counter overloads;        // GetHost answered with code 1
  counter unknown_modules;  // GetHost answered with code 3
  counter busy;             // GetHost answered with code 2
  counter reports;          // reports that were judged
  counter routes_given;     // GetRoute answered
  counter dropped_size;     // datagrams shorter than a header, or not as long as it says
  counter dropped_id;       // messages that callers do not send
  counter dropped_body;     // bodies that are no such message
  counter former_reports;   // reports about hosts that left their module, or modules that have not arrived
  counter ignored_reports;  // reports that could not be counted: too many about modules or hosts that are not there
  counter loads_taken;      // load reports that a module was given
  counter loads_ignored;    // those about modules or hosts that are not (or no longer) there
  counter loads_rejected;   // those that cannot be
  counter lost_misses;      // unknown modules the control loop was too busy to be told of; callers ask again
};

// What one UDP port counted.
struct port_counts {
  const call_stats* calls;
  std::uint64_t kernel_drops;  // datagrams that found the socket's queue full
};

}  // namespace lars::agent
