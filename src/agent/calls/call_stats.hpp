// Counters of one UDP thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace lars::agent {

// A counter that one thread increments and any thread reads.
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
  counter dropped_size;     // datagrams shorter than a header, or of another length than the header states
  counter dropped_id;       // messages with an id that callers do not send
  counter dropped_body;     // messages with an undecodable body
  counter former_reports;   // reports about removed hosts, or modules without a route yet
  counter ignored_reports;  // reports about unknown hosts or modules that found no room in the queue
  counter loads_taken;      // load reports recorded by a module
  counter loads_ignored;    // load reports about unknown modules or hosts
  counter loads_rejected;   // implausible load reports
  counter lost_misses;      // unknown modules that found the queue to the route manager full; callers retry
};

// Counters of one UDP port.
struct port_counts {
  const call_stats* calls;
  std::uint64_t kernel_drops;  // datagrams dropped because the socket's receive queue was full
};

}  // namespace lars::agent
