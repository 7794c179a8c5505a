// One simulated agent: whoever decides where a call goes, and is told how it went.
#pragma once

#include <cstdint>
#include <functional>
#include <lars/types.hpp>
#include <memory>
#include <optional>
#include <span>

#include "balance/load_report.hpp"
#include "balance/member.hpp"
#include "lab/instant.hpp"

namespace lars::lab {

enum class call_end {
  success,
  timeout,    // nobody answered in time
  broken,     // the server is not there, or not any more
  rejection,  // the server refused it to save its CPU
};

struct ended_call {
  balance::member host;  // as it was picked
  call_end end = call_end::success;
  instant latency{0};
  std::optional<balance::load_report> report;  // the answer's
};

// Lifetime: the run's. Threads: owner context only. Time never decreases between calls.
class caller {
public:
  virtual ~caller() = default;

  // The hosts are these from now on.
  virtual void set_hosts(std::span<const host> hosts, instant now) = 0;
  // Where the next call goes, which has thereby begun; nothing = nowhere.
  virtual std::optional<balance::member> pick(instant now) = 0;
  // A call that was picked has ended. Once for each.
  virtual void end(const ended_call& call, instant now) = 0;
  // Each tick.
  virtual void control(instant now) = 0;
};

// Makes the callers of a run, whose draws follow from `seed` alone.
using caller_factory = std::function<std::unique_ptr<caller>(std::uint64_t seed)>;

// Servers by number, from 0, as hosts and back.
inline endpoint endpoint_of(std::uint32_t server) { return {0x0A000000u + server, 80}; }
inline std::uint32_t server_of(const endpoint& where) { return where.ip - 0x0A000000u; }

}  // namespace lars::lab
