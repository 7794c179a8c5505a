// A caller's client, the one behind every public interface: picks a host through the shared-memory transport where an
// agent offers it, else over UDP, and says how calls went through the transport they were picked by. libc and libstdc++
// alone; no exception leaves it, except std::bad_alloc.
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

#include "balance/load_report.hpp"
#include "client/fork_mark.hpp"

namespace lars::client {

// Immutable after construction.
struct caller_config {
  std::string run_dir;                       // where the agent's socket is; empty = no shared memory, UDP alone
  endpoint agent{0x7f000001, 8888};          // the first of the agent's three UDP ports
  std::chrono::milliseconds deadline{1000};  // of a pick that has to wait for an answer or a route; > 0
};

// What a pick is asked for with. The views need to live as long as the pick alone.
struct pick_request {
  route_key module;
  std::string_view key;                               // for policies that hash one; empty = none
  std::span<const endpoint> exclude;                  // hosts not to be picked unless there is no other
  std::uint32_t cost = 1;                             // of the call, in the caller's own unit
  std::optional<std::chrono::milliseconds> deadline;  // instead of the configured one
};

// How a call ended.
struct call_outcome {
  std::int32_t retcode = 0;     // 0 = success, any other code = failure
  std::uint32_t cost = 0;       // what it did cost; 0 = what its pick said
  balance::load_report load{};  // what the host said of itself with its answer; 0 = nothing
};

enum class transport : std::uint8_t {
  none,           // not picked, or finished
  shared_memory,  // the table of the agent, in this process
  udp,            // the agent was asked
};

// One call from its pick to its end: a value, to be finished or abandoned once, by any thread.
struct call {
  route_key module;
  endpoint where;
  std::uint64_t start = 0;          // in ticks of its transport's clock
  std::uint64_t origin = 0;         // shared memory: the counters it was begun in; UDP: the agent's name for it
  std::uint32_t session = 0;        // that picked it; another process's is not finished here
  std::uint32_t thread = 0;         // shared memory: whose counters those are
  std::uint32_t counter_index = 0;  // shared memory: the host's place among them
  std::uint32_t slot = 0;           // shared memory: the host's slot in its module
  std::uint32_t cost = 1;
  transport by = transport::none;
};

// Why something did not work, if it did not: an optional errc that fits a register.
class failure {
public:
  failure() = default;
  failure(errc code) : code_(code) {}

  explicit operator bool() const { return code_ != errc{}; }
  errc operator*() const { return code_; }  // REQUIRES: it did not work
  bool operator==(const failure&) const = default;

private:
  errc code_{};
};

class session;

// One for the whole process. Threads: any, but the destructor, which runs when no thread uses the client any more.
// After fork() both sides use it as before: the child attaches anew at its first pick, and a call picked before belongs
// to the parent. Never blocks for longer than the deadline; starts no thread.
class caller {
public:
  explicit caller(caller_config config);
  ~caller();
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;

  // The host to call next, into `picked`, a call that has ended; no failure when that went well, else `picked` is as it
  // was. errc::overloaded, errc::no_such_module,
  // errc::system_error as the agent says; errc::timeout where it says nothing; errc::connection_refused where nobody
  // listens at its ports: at once, but after the deadline where the agent was heard before, as it may be restarting.
  failure pick(const pick_request& request, call& picked);
  // The same for who asks for nothing but a host of the module.
  failure pick(route_key module, call& picked);

  // Says how the call went: 0 = success, any other code = failure. Its latency is the time since the pick. Afterwards
  // the call belongs to no transport; finishing it again does nothing.
  void finish(call& ended, std::int32_t retcode);

  // The same, with what else is known of it.
  void finish(call& ended, const call_outcome& how);

  // The call was not made, or nobody knows how it went: it is not under way any more, and judged by nobody.
  void abandon(call& dropped);

  // How a call went that was picked elsewhere, or whose `call` was not kept. `latency` 0 = not known.
  void report(route_key module, endpoint where, std::int32_t retcode, std::chrono::microseconds latency);

  // All hosts of a module that take calls, each once. Errors as of pick().
  result<std::vector<endpoint>> route(route_key module, std::optional<std::chrono::milliseconds> deadline = {});

  // Which transport a pick made now would go through first. For people and tests.
  transport current_transport();

private:
  session& mine() {
    if (mark_.is_set()) [[likely]]
      return *session_.load(std::memory_order_relaxed);
    return renew();
  }
  session& renew();

  const caller_config config_;
  fork_mark mark_;
  std::atomic<session*> session_;  // owned; of a fork's child its own, the parent's is left alone
};

}  // namespace lars::client
