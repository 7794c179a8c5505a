// The interface of a simulated agent: it picks a host for each call and is given the call's result.
#pragma once

#include <cstdint>
#include <functional>
#include <lars/types.hpp>
#include <memory>
#include <optional>
#include <span>

#include "balance/load/load_report.hpp"
#include "balance/table/member.hpp"
#include "lab/instant.hpp"

namespace lars::lab {

enum class call_end {
  success,
  timeout,    // no answer in time
  broken,     // the server is down, or went down during the call
  rejection,  // the server's limiter refused it
};

struct ended_call {
  balance::member host;  // as picked
  call_end end = call_end::success;
  instant latency{0};
  std::optional<balance::load_report> report;  // of the answer
};

// Lifetime: the run's. Threads: owner context only. Time never decreases between calls.
class caller {
public:
  virtual ~caller() = default;

  // Replaces the hosts.
  virtual void set_hosts(std::span<const host> hosts, instant now) = 0;
  // The host of the next call, which begins with it; nullopt = no host can be picked.
  virtual std::optional<balance::member> pick(instant now) = 0;
  // A picked call has ended. Called once a call.
  virtual void end(const ended_call& call, instant now) = 0;
  // Called each tick.
  virtual void control(instant now) = 0;
};

// Makes the callers of a run. Their random draws depend on `seed` alone.
using caller_factory = std::function<std::unique_ptr<caller>(std::uint64_t seed)>;

// Converts server numbers, from 0, to hosts and back.
inline endpoint endpoint_of(std::uint32_t server) { return {0x0A000000u + server, 80}; }
inline std::uint32_t server_of(const endpoint& where) { return where.ip - 0x0A000000u; }

}  // namespace lars::lab
