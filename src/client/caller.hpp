// The client behind every public interface. It picks hosts from shared memory where the agent offers it, else over UDP,
// and reports each call through the transport that picked it. Needs libc and libstdc++ alone; throws std::bad_alloc and
// nothing else.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balance/load/load_report.hpp"
#include "client/fork_mark.hpp"

namespace lars::client {

// Immutable after construction.
struct caller_config {
  std::string run_dir;                       // where the agent's socket is; empty = no shared memory, UDP alone
  endpoint agent{0x7f000001, 8888};          // the first of the agent's three UDP ports
  std::chrono::milliseconds deadline{1000};  // of a pick that has to wait for an answer or a route; > 0
};

// What a pick asks for. The views must live until the pick returns.
struct pick_request {
  route_key module;
  std::string_view key;                               // for policies that hash it; empty = none
  std::span<const endpoint> exclude;                  // picked only where there is no other host
  std::uint32_t cost = 1;                             // of the call, in the caller's own unit
  std::optional<std::chrono::milliseconds> deadline;  // instead of the configured one
};

// How a call ended.
struct call_outcome {
  std::int32_t retcode = 0;     // 0 = success, any other code = failure
  std::uint32_t cost = 0;       // the actual cost; 0 = as given to the pick
  balance::load_report load{};  // what the host reported with its answer; 0 = nothing
};

enum class transport : std::uint8_t {
  none,           // not picked, or finished
  shared_memory,  // the agent's tables, mapped into this process
  udp,            // the agent was asked
};

// One call from its pick to its end. A value; any thread finishes or abandons it, once.
struct call {
  route_key module;
  endpoint where;
  std::uint64_t start = 0;          // in ticks of its transport's clock
  std::uint64_t origin = 0;         // shared memory: the thread_counters that counted it; UDP: the agent's call id
  std::uint32_t session = 0;        // that picked it; a call of another process is ignored
  std::uint32_t thread = 0;         // shared memory: the number of the thread that picked it
  std::uint32_t counter_index = 0;  // shared memory: the host's index in those counters
  std::uint32_t slot = 0;           // shared memory: the host's slot in its module
  std::uint32_t cost = 1;
  transport by = transport::none;
};

// An optional errc that fits a register.
class failure {
public:
  failure() = default;
  failure(errc code) : code_(code) {}

  explicit operator bool() const { return code_ != errc{}; }
  errc operator*() const { return code_; }  // REQUIRES: it is true
  bool operator==(const failure&) const = default;

private:
  errc code_{};
};

class session;

// One for the whole process. Threads: any; the destructor runs when no other thread uses the client.
// After fork() both processes go on: the child attaches anew at its first pick, and calls picked before belong to the
// parent. Never blocks longer than the deadline; starts no thread.
class caller {
public:
  explicit caller(caller_config config);
  ~caller();
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;

  // Writes the host to call next into `picked`, which is no call under way. On failure `picked` is unchanged:
  // errc::overloaded, errc::no_such_module, errc::system_error as the agent answers; errc::timeout where it does not
  // answer; errc::connection_refused where its ports are closed: at once, or after the deadline where the agent was
  // heard before, since it may be restarting.
  failure pick(const pick_request& request, call& picked);
  // Likewise, with the defaults of pick_request.
  failure pick(route_key module, call& picked);

  // Ends the call: 0 = success, any other code = failure. Its latency is the time since the pick. Finishing it again
  // does nothing.
  void finish(call& ended, std::int32_t retcode);

  // Likewise, with the cost of the call and the load that the host reported.
  void finish(call& ended, const call_outcome& how);

  // Ends the call without an outcome: it was not made, or its outcome is unknown.
  void abandon(call& dropped);

  // Reports a call that was picked elsewhere or whose `call` was not kept. `latency` 0 = unknown.
  void report(route_key module, endpoint where, std::int32_t retcode, std::chrono::microseconds latency);

  // Every host of a module that takes calls. Errors as of pick().
  result<std::vector<endpoint>> route(route_key module, std::optional<std::chrono::milliseconds> deadline = {});

  // The transport that a pick would try first. For diagnostics and tests.
  transport current_transport();
  // Whether the agent was last heard to have a layout of shared memory that this library cannot read.
  bool agent_has_other_layout();

private:
  session& mine() {
    if (mark_.is_set()) [[likely]]
      return *session_.load(std::memory_order_relaxed);
    return renew();
  }
  session& renew();

  const caller_config config_;
  fork_mark mark_;
  std::atomic<session*> session_;  // owned; a fork's child makes its own and leaves the parent's alone
};

}  // namespace lars::client
