#include "client/session.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/call_sums.hpp"
#include "base/clock.hpp"
#include "base/tick_clock.hpp"
#include "client/udp_transport.hpp"

namespace lars::client {
namespace {

using namespace std::chrono_literals;
constexpr auto open_patience = 100ms;  // for a running agent to answer
constexpr auto close_patience = 50ms;  // for a restarted agent to collect what was counted
constexpr auto look_pause = 1ms;       // between two lookups of a route that dns was asked for
constexpr auto first_ask_pause = 2ms;  // between two requests for it; doubles
constexpr auto most_ask_pause = 50ms;

std::uint32_t microseconds_since(std::uint64_t start_ns) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(base::reported_latency_us(base::monotonic_ns() - start_ns), UINT32_MAX));
}

std::chrono::milliseconds left_until(base::time_point deadline) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - base::clock::now()), 1ms);
}

}  // namespace

// What one thread keeps: its counters, and its socket to the agent's UDP ports.
struct session::per_thread final : thread_state {
  per_thread(shared_transport& transport, std::chrono::milliseconds deadline) : shared(transport, deadline) {}

  thread_transport shared;
  std::optional<udp_transport> udp;  // opened at its first use
};

session::session(const caller_config& config, bool agent_was_here)
    : config_(config), shared_(config.run_dir), agent_was_here_(agent_was_here) {
  shared_.open(open_patience);
}

session::~session() { shared_.hand_over(close_patience); }

std::unique_ptr<thread_state> session::make() { return std::make_unique<per_thread>(shared_, config_.deadline); }

session::per_thread& session::this_thread() { return static_cast<per_thread&>(mine()); }

// The calling thread's state where it used this session last, else null.
inline session::per_thread* session::last_thread() const { return static_cast<per_thread*>(last_mine()); }

bool session::agent_was_here() const {
  return agent_was_here_.load(std::memory_order_relaxed) || shared_.generation() != 0;
}

result<udp_transport> session::open_udp(std::chrono::milliseconds deadline) const {
  return udp_transport::open({config_.agent, {.deadline = deadline}});
}

// One thread's socket heard the agent: all threads know it.
void session::learn_from(const udp_transport& transport) {
  if (transport.agent_was_here() && !agent_was_here_.load(std::memory_order_relaxed))
    agent_was_here_.store(true, std::memory_order_relaxed);
}

void session::leave_to_parent() {
  forget();
  shared_.leave_to_parent();
}

// Notes who picked the call, for its end.
[[gnu::always_inline]] inline void session::stamp(const per_thread& thread, route_key module, call& picked) const {
  picked.module = module;
  picked.session = serial();
  picked.thread = thread.number();
}

// False where the fast path does not apply; nothing has changed then.
[[gnu::always_inline]] inline bool session::pick_fast(route_key module, std::uint32_t cost, call& picked) {
  auto* const thread = last_thread();
  if (thread == nullptr || !thread->shared.pick_fast(module, cost, picked)) return false;
  stamp(*thread, module, picked);
  return true;
}

// The functions that every call passes through are flattened: their callees are inlined in every build, so that a call
// costs one function.
[[gnu::flatten]] failure session::pick(route_key module, call& picked) {
  if (pick_fast(module, 1, picked)) [[likely]]
    return {};
  return pick_slow(module, picked);
}

[[gnu::flatten]] failure session::pick(const pick_request& request, call& picked) {
  if (request.exclude.empty() && pick_fast(request.module, request.cost, picked)) [[likely]]
    return {};
  return pick_slow(request, picked);
}

[[gnu::noinline]] failure session::pick_slow(route_key module, call& picked) {
  pick_request plain;
  plain.module = module;
  return pick_slow(plain, picked);
}

// `picked` changes only where a host was picked.
[[gnu::noinline]] failure session::pick_slow(const pick_request& request, call& picked) {
  auto& thread = this_thread();
  if (const auto why = pick_any(thread, request, picked)) return why;
  stamp(thread, request.module, picked);
  return {};
}

failure session::pick_any(per_thread& thread, const pick_request& request, call& picked) {
  if (thread.shared.is_open()) [[likely]] {
    const auto outcome = thread.shared.pick(request, picked);
    if (outcome == thread_transport::outcome::picked) [[likely]]
      return {};
    return pick_after_miss(thread, request, outcome, picked);
  }
  shared_.repair();
  return pick_over_udp(thread, request, base::clock::now() + request.deadline.value_or(config_.deadline), picked);
}

// After a first look at shared memory found no host.
failure session::pick_after_miss(per_thread& thread, const pick_request& request, thread_transport::outcome outcome,
                                 call& picked) {
  if (outcome == thread_transport::outcome::overloaded) return errc::overloaded;
  const auto deadline = base::clock::now() + request.deadline.value_or(config_.deadline);
  if (outcome == thread_transport::outcome::unknown && thread.shared.agent_is_alive()) {
    switch (wait_for_route(thread, request.module, deadline)) {
      case finding::absent:
        return errc::no_such_module;
      case finding::elsewhere:
        break;
      case finding::found:
        outcome = thread.shared.is_open() ? thread.shared.pick_until(request, deadline, picked) : outcome;
        break;
    }
  } else if (outcome == thread_transport::outcome::elsewhere) {
    // Perhaps the thread lacks counters: the first attempt does not wait for them.
    outcome = thread.shared.pick_until(request, deadline, picked);
  }
  if (outcome == thread_transport::outcome::picked) return {};
  if (outcome == thread_transport::outcome::overloaded) return errc::overloaded;
  return pick_over_udp(thread, request, deadline, picked);
}

failure session::pick_over_udp(per_thread& thread, const pick_request& request, base::time_point deadline,
                               call& picked) {
  if (!thread.udp) {
    auto opened = open_udp(config_.deadline);
    if (!opened) return opened.error().code;
    thread.udp = *std::move(opened);
  }
  if (agent_was_here()) thread.udp->note_agent_was_here();
  const auto given =
      thread.udp->get_host(request.module, {request.key, request.exclude, request.cost}, left_until(deadline));
  learn_from(*thread.udp);
  if (!given) return given.error().code;
  picked.where = given->where;
  picked.start = base::monotonic_ns();
  picked.origin = given->call_id;
  picked.cost = request.cost;
  picked.by = transport::udp;
  return {};
}

// Waits until the module is in shared memory, while the agent asks dns for it.
session::finding session::wait_for_route(per_thread& thread, route_key module, base::time_point deadline) {
  // The agent may serve the route over UDP alone, which shared memory does not show: ask again from time to time.
  for (auto pause = first_ask_pause; base::clock::now() < deadline; pause = std::min(2 * pause, most_ask_pause)) {
    const auto found = shared_.want(module, deadline);
    if (!found) return finding::elsewhere;
    if (*found == share::attach_status::absent) return finding::absent;
    if (*found == share::attach_status::elsewhere) return finding::elsewhere;
    const auto ask_again = std::min(base::clock::now() + pause, deadline);
    do {
      if (!thread.shared.is_open()) return finding::elsewhere;
      const auto hosts = thread.shared.route(module);
      if (hosts) return hosts->empty() ? finding::absent : finding::found;
      std::this_thread::sleep_for(look_pause);
    } while (base::clock::now() < ask_again);
  }
  return finding::absent;
}

[[gnu::flatten]] void session::finish(call& ended, std::int32_t retcode) {
  const auto* const thread = last_thread();
  if (thread != nullptr && ended.by == transport::shared_memory && ended.session == serial() &&
      ended.thread == thread->number() && thread->shared.finish_fast(ended, retcode != 0)) [[likely]] {
    ended.by = transport::none;
    return;
  }
  finish_slow(ended, retcode);
}

[[gnu::noinline]] void session::finish_slow(call& ended, std::int32_t retcode) {
  const auto by = std::exchange(ended.by, transport::none);
  if (by == transport::none || ended.session != serial()) return;
  auto& thread = this_thread();
  if (by == transport::shared_memory) return thread.shared.finish(ended, ended.thread == thread.number(), retcode != 0);
  report_over_udp(thread, ended, {retcode});
}

void session::finish(call& ended, const call_outcome& how) {
  if (how.cost > 0) ended.cost = how.cost;
  if (ended.by == transport::none || ended.session != serial()) return finish(ended, how.retcode);
  auto& thread = this_thread();
  if (ended.by == transport::udp) {
    ended.by = transport::none;
    return report_over_udp(thread, ended, how);
  }
  if (how.load.known() && thread.shared.is_open())
    thread.shared.report_load(ended, ended.thread == thread.number(), how.load);
  finish(ended, how.retcode);
}

// The thread's socket; null where none can be opened.
udp_transport* session::udp_of(per_thread& thread) {
  if (!thread.udp)
    if (auto opened = open_udp(config_.deadline)) thread.udp = *std::move(opened);
  return thread.udp ? &*thread.udp : nullptr;
}

void session::report_over_udp(per_thread& thread, const call& ended, const call_outcome& how) {
  auto* const udp = udp_of(thread);
  if (udp == nullptr) return;
  (void)udp->report(ended.module, ended.where, how.retcode, microseconds_since(ended.start), ended.origin,
                    {ended.cost, how.load});
}

void session::abandon(call& dropped) {
  const auto by = std::exchange(dropped.by, transport::none);
  if (by == transport::none || dropped.session != serial()) return;
  auto& thread = this_thread();
  if (by == transport::shared_memory) return thread.shared.abandon(dropped, dropped.thread == thread.number());
  // An agent without call ids is an old one: it would count this as a success.
  if (dropped.origin == 0) return;
  if (auto* const udp = udp_of(thread)) (void)udp->abandon(dropped.module, dropped.where, dropped.origin);
}

void session::report(route_key module, endpoint where, std::int32_t retcode, std::chrono::microseconds latency) {
  auto& thread = this_thread();
  const auto us = static_cast<std::uint32_t>(std::clamp<std::int64_t>(latency.count(), 0, UINT32_MAX));
  if (thread.shared.is_open()) return thread.shared.report(module, where, retcode != 0, us);
  auto* const udp = udp_of(thread);
  if (udp == nullptr) return;
  (void)udp->report(module, where, retcode, us);
}

result<std::vector<endpoint>> session::route(route_key module, std::chrono::milliseconds patience) {
  auto& thread = this_thread();
  const auto deadline = base::clock::now() + patience;
  if (thread.shared.is_open()) {
    auto hosts = thread.shared.route(module);
    if ((!hosts || hosts->empty()) && thread.shared.agent_is_alive()) {
      const auto found = wait_for_route(thread, module, deadline);
      if (found == finding::absent) return errc::no_such_module;
      if (found == finding::found && thread.shared.is_open()) hosts = thread.shared.route(module);
    }
    if (hosts && !hosts->empty()) return *std::move(hosts);
  } else {
    shared_.repair();
  }
  auto opened = open_udp(left_until(deadline));
  if (!opened) return opened.error();
  if (agent_was_here()) opened->note_agent_was_here();
  auto hosts = opened->get_route(module);
  learn_from(*opened);
  return hosts;
}

transport session::current_transport() {
  auto& thread = this_thread();
  shared_.repair();
  return thread.shared.is_open() ? transport::shared_memory : transport::udp;
}

bool session::agent_has_other_layout() const { return shared_.refusal() == share::attach_status::other_layout; }

}  // namespace lars::client
