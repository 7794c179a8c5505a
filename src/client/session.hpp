// What a caller has in one process: its transports, and what each thread keeps for them. A fork's child makes its own.
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
  // Waits a moment for an agent that is there to take this process in. `agent_was_here`: whoever we are forked from has
  // heard it.
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

  // Whether the agent was ever heard, by any thread and over any transport: it is worth waiting for when it refuses.
  bool agent_was_here() const;

  // In a fork's child: nothing of it is used any more, no lock of it is touched.
  void leave_to_parent();

private:
  struct thread_transports;
  enum class finding { found, absent, elsewhere };

  std::unique_ptr<thread_state> make() override;
  thread_transports& transports();
  thread_transports* last_transports() const;
  bool pick_as_usual(route_key module, std::uint32_t cost, call& picked);
  failure pick_with_care(const pick_request& request, call& picked);
  failure pick_with_care(route_key module, call& picked);
  failure pick_through_any(thread_transports& own, const pick_request& request, call& picked);
  void name(const thread_transports& own, route_key module, call& picked) const;
  void finish_with_care(call& ended, std::int32_t retcode);
  failure pick_further(thread_transports& own, const pick_request& request, thread_transport::outcome outcome,
                       call& picked);
  failure pick_over_udp(thread_transports& own, const pick_request& request, base::time_point deadline, call& picked);
  result<udp_transport> open_udp(std::chrono::milliseconds deadline) const;
  void learn_from(const udp_transport& transport);
  udp_transport* udp_of(thread_transports& own);
  void report_over_udp(thread_transports& own, const call& ended, const call_outcome& how);
  finding wait_for(thread_transports& own, route_key module, base::time_point deadline);

  const caller_config& config_;
  shared_transport shared_;
  std::atomic<bool> agent_was_here_;  // over UDP, or before a fork
};

}  // namespace lars::client
