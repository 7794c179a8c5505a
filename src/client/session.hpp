// The state of a caller in one process: its transports, and what each thread keeps for them. A fork's child makes its
// own session.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "client/caller.hpp"
#include "client/shared_transport.hpp"
#include "client/thread_states.hpp"
#include "client/thread_transport.hpp"

namespace lars::client {

class udp_transport;

// Lifetime: its caller's, or until a fork's child makes another. Threads: any.
class session final : private thread_states {
public:
  // Waits up to 100 ms for a running agent to attach this process. `agent_was_here`: the process that we are forked
  // from has heard the agent.
  explicit session(const caller_config& config, bool agent_was_here = false);
  ~session() override;

  failure pick(const pick_request& request, call& picked);
  failure pick(route_key module, call& picked);
  void finish(call& ended, std::int32_t retcode);
  void finish(call& ended, const call_outcome& how);
  void abandon(call& dropped);
  void report(route_key module, endpoint where, std::int32_t retcode, std::chrono::microseconds latency);
  result<std::vector<endpoint>> route(route_key module, std::chrono::milliseconds deadline);
  transport current_transport();
  // Whether the agent was last heard to have a layout of shared memory that this library cannot read.
  bool agent_has_other_layout() const;

  // Whether any thread ever heard the agent, over any transport. Then a refused connection is worth waiting for.
  bool agent_was_here() const;

  // In a fork's child: the session is not used any more, and no lock of it is touched.
  void leave_to_parent();

private:
  struct per_thread;
  enum class finding { found, absent, elsewhere };

  std::unique_ptr<thread_state> make() override;
  per_thread& this_thread();
  per_thread* last_thread() const;
  bool pick_fast(route_key module, std::uint32_t cost, call& picked);
  failure pick_slow(const pick_request& request, call& picked);
  failure pick_slow(route_key module, call& picked);
  failure pick_any(per_thread& thread, const pick_request& request, call& picked);
  void stamp(const per_thread& thread, route_key module, call& picked) const;
  void finish_slow(call& ended, std::int32_t retcode);
  failure pick_after_miss(per_thread& thread, const pick_request& request, thread_transport::outcome outcome,
                          call& picked);
  failure pick_over_udp(per_thread& thread, const pick_request& request, base::time_point deadline, call& picked);
  result<udp_transport> open_udp(std::chrono::milliseconds deadline) const;
  void learn_from(const udp_transport& transport);
  udp_transport* udp_of(per_thread& thread);
  void report_over_udp(per_thread& thread, const call& ended, const call_outcome& how);
  finding wait_for_route(per_thread& thread, route_key module, base::time_point deadline);

  const caller_config& config_;
  shared_transport shared_;
  std::atomic<bool> agent_was_here_;  // over UDP, or before a fork
};

}  // namespace lars::client
