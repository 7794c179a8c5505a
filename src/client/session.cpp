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
constexpr auto open_patience = 100ms;  // for an agent that is there to answer
constexpr auto close_patience = 50ms;  // for one that came back to take over what was counted
constexpr auto look_pause = 1ms;       // between two looks for a route that is on its way
constexpr auto first_ask_pause = 2ms;  // between two questions about it; doubles
constexpr auto most_ask_pause = 50ms;

std::uint32_t microseconds_since(std::uint64_t start_ns) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(base::told_latency_us(base::monotonic_ns() - start_ns), UINT32_MAX));
}

std::chrono::milliseconds left_until(base::time_point deadline) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - base::clock::now()), 1ms);
}

}  // namespace

// What one thread keeps: its counters, and its socket to the agent's UDP ports.
struct session::thread_transports final : thread_state {
  thread_transports(shared_transport& transport, std::chrono::milliseconds deadline) : shared(transport, deadline) {}

  thread_transport shared;
  std::optional<udp_transport> udp;  // made when it is needed first
};

session::session(const caller_config& config, bool agent_was_here)
    : config_(config), shared_(config.run_dir), agent_was_here_(agent_was_here) {
  shared_.open(open_patience);
}

session::~session() { shared_.hand_over(close_patience); }

std::unique_ptr<thread_state> session::make() { return std::make_unique<thread_transports>(shared_, config_.deadline); }

session::thread_transports& session::transports() { return static_cast<thread_transports&>(mine()); }

// The thread's where it is known at a glance; null where it is not.
inline session::thread_transports* session::last_transports() const {
  return static_cast<thread_transports*>(last_mine());
}

bool session::agent_was_here() const {
  return agent_was_here_.load(std::memory_order_relaxed) || shared_.generation() != 0;
}

result<udp_transport> session::open_udp(std::chrono::milliseconds deadline) const {
  return udp_transport::open({config_.agent, {.deadline = deadline}});
}

// What one thread heard all of them know.
void session::learn_from(const udp_transport& transport) {
  if (transport.agent_was_here() && !agent_was_here_.load(std::memory_order_relaxed))
    agent_was_here_.store(true, std::memory_order_relaxed);
}

void session::leave_to_parent() {
  forget();
  shared_.leave_to_parent();
}

// Whose call it is, for its end.
[[gnu::always_inline]] inline void session::name(const thread_transports& own, route_key module, call& picked) const {
  picked.module = module;
  picked.session = serial();
  picked.thread = own.number();
}

// False where something has come up: nothing has changed.
[[gnu::always_inline]] inline bool session::pick_as_usual(route_key module, std::uint32_t cost, call& picked) {
  auto* const own = last_transports();
  if (own == nullptr || !own->shared.pick_as_usual(module, cost, picked)) return false;
  name(*own, module, picked);
  return true;
}

// What a program waits for with each call is one function each: whatever they call becomes part of them, in every
// build.
[[gnu::flatten]] failure session::pick(route_key module, call& picked) {
  if (pick_as_usual(module, 1, picked)) [[likely]]
    return {};
  return pick_with_care(module, picked);
}

[[gnu::flatten]] failure session::pick(const pick_request& request, call& picked) {
  if (request.exclude.empty() && pick_as_usual(request.module, request.cost, picked)) [[likely]]
    return {};
  return pick_with_care(request, picked);
}

[[gnu::noinline]] failure session::pick_with_care(route_key module, call& picked) {
  pick_request plain;
  plain.module = module;
  return pick_with_care(plain, picked);
}

// A call that is not picked is left as it was.
[[gnu::noinline]] failure session::pick_with_care(const pick_request& request, call& picked) {
  auto& own = transports();
  if (const auto why = pick_through_any(own, request, picked)) return why;
  name(own, request.module, picked);
  return {};
}

failure session::pick_through_any(thread_transports& own, const pick_request& request, call& picked) {
  if (own.shared.is_open()) [[likely]] {
    const auto outcome = own.shared.pick(request, picked);
    if (outcome == thread_transport::outcome::picked) [[likely]]
      return {};
    return pick_further(own, request, outcome, picked);
  }
  shared_.mend();
  return pick_over_udp(own, request, base::clock::now() + request.deadline.value_or(config_.deadline), picked);
}

// After a first look at the shared memory that found no host.
failure session::pick_further(thread_transports& own, const pick_request& request, thread_transport::outcome outcome,
                              call& picked) {
  if (outcome == thread_transport::outcome::overloaded) return errc::overloaded;
  const auto deadline = base::clock::now() + request.deadline.value_or(config_.deadline);
  if (outcome == thread_transport::outcome::unknown && own.shared.agent_is_alive()) {
    switch (wait_for(own, request.module, deadline)) {
      case finding::absent:
        return errc::no_such_module;
      case finding::elsewhere:
        break;
      case finding::found:
        outcome = own.shared.is_open() ? own.shared.pick_until(request, deadline, picked) : outcome;
        break;
    }
  } else if (outcome == thread_transport::outcome::elsewhere) {
    // Perhaps for want of counters, of which the first try asked for none.
    outcome = own.shared.pick_until(request, deadline, picked);
  }
  if (outcome == thread_transport::outcome::picked) return {};
  if (outcome == thread_transport::outcome::overloaded) return errc::overloaded;
  return pick_over_udp(own, request, deadline, picked);
}

failure session::pick_over_udp(thread_transports& own, const pick_request& request, base::time_point deadline,
                               call& picked) {
  if (!own.udp) {
    auto opened = open_udp(config_.deadline);
    if (!opened) return opened.error().code;
    own.udp = *std::move(opened);
  }
  if (agent_was_here()) own.udp->note_agent_was_here();
  const auto given =
      own.udp->get_host(request.module, {request.key, request.exclude, request.cost}, left_until(deadline));
  learn_from(*own.udp);
  if (!given) return given.error().code;
  picked.where = given->where;
  picked.start = base::monotonic_ns();
  picked.origin = given->call_id;
  picked.cost = request.cost;
  picked.by = transport::udp;
  return {};
}

// The agent asks dns for it meanwhile.
session::finding session::wait_for(thread_transports& own, route_key module, base::time_point deadline) {
  // A route that arrives may turn out to be served over UDP alone, which no look at the memory tells.
  for (auto pause = first_ask_pause; base::clock::now() < deadline; pause = std::min(2 * pause, most_ask_pause)) {
    const auto said = shared_.want(module, deadline);
    if (!said) return finding::elsewhere;
    if (*said == share::attach_status::absent) return finding::absent;
    if (*said == share::attach_status::elsewhere) return finding::elsewhere;
    const auto ask_again = std::min(base::clock::now() + pause, deadline);
    do {
      if (!own.shared.is_open()) return finding::elsewhere;
      const auto hosts = own.shared.route(module);
      if (hosts) return hosts->empty() ? finding::absent : finding::found;
      std::this_thread::sleep_for(look_pause);
    } while (base::clock::now() < ask_again);
  }
  return finding::absent;
}

[[gnu::flatten]] void session::finish(call& ended, std::int32_t retcode) {
  const auto* const own = last_transports();
  if (own != nullptr && ended.by == transport::shared_memory && ended.session == serial() &&
      ended.thread == own->number() && own->shared.finish_as_usual(ended, retcode != 0)) [[likely]] {
    ended.by = transport::none;
    return;
  }
  finish_with_care(ended, retcode);
}

[[gnu::noinline]] void session::finish_with_care(call& ended, std::int32_t retcode) {
  const auto by = std::exchange(ended.by, transport::none);
  if (by == transport::none || ended.session != serial()) return;
  auto& own = transports();
  if (by == transport::shared_memory) return own.shared.finish(ended, ended.thread == own.number(), retcode != 0);
  report_over_udp(own, ended, {retcode});
}

void session::finish(call& ended, const call_outcome& how) {
  if (how.cost > 0) ended.cost = how.cost;
  if (ended.by == transport::none || ended.session != serial()) return finish(ended, how.retcode);
  auto& own = transports();
  if (ended.by == transport::udp) {
    ended.by = transport::none;
    return report_over_udp(own, ended, how);
  }
  if (how.load.known() && own.shared.is_open()) own.shared.tell_load(ended, ended.thread == own.number(), how.load);
  finish(ended, how.retcode);
}

// The thread's socket; null where there is none to be had.
udp_transport* session::udp_of(thread_transports& own) {
  if (!own.udp)
    if (auto opened = open_udp(config_.deadline)) own.udp = *std::move(opened);
  return own.udp ? &*own.udp : nullptr;
}

void session::report_over_udp(thread_transports& own, const call& ended, const call_outcome& how) {
  auto* const udp = udp_of(own);
  if (udp == nullptr) return;
  (void)udp->report(ended.module, ended.where, how.retcode, microseconds_since(ended.start), ended.origin,
                    {ended.cost, how.load});
}

void session::abandon(call& dropped) {
  const auto by = std::exchange(dropped.by, transport::none);
  if (by == transport::none || dropped.session != serial()) return;
  auto& own = transports();
  if (by == transport::shared_memory) return own.shared.abandon(dropped, dropped.thread == own.number());
  // An agent that names no calls is an old one: it would take this for a success.
  if (dropped.origin == 0) return;
  if (auto* const udp = udp_of(own)) (void)udp->abandon(dropped.module, dropped.where, dropped.origin);
}

void session::report(route_key module, endpoint where, std::int32_t retcode, std::chrono::microseconds latency) {
  auto& own = transports();
  const auto us = static_cast<std::uint32_t>(std::clamp<std::int64_t>(latency.count(), 0, UINT32_MAX));
  if (own.shared.is_open()) return own.shared.report(module, where, retcode != 0, us);
  auto* const udp = udp_of(own);
  if (udp == nullptr) return;
  (void)udp->report(module, where, retcode, us);
}

result<std::vector<endpoint>> session::route(route_key module, std::chrono::milliseconds patience) {
  auto& own = transports();
  const auto deadline = base::clock::now() + patience;
  if (own.shared.is_open()) {
    auto hosts = own.shared.route(module);
    if ((!hosts || hosts->empty()) && own.shared.agent_is_alive()) {
      const auto said = wait_for(own, module, deadline);
      if (said == finding::absent) return errc::no_such_module;
      if (said == finding::found && own.shared.is_open()) hosts = own.shared.route(module);
    }
    if (hosts && !hosts->empty()) return *std::move(hosts);
  } else {
    shared_.mend();
  }
  auto opened = open_udp(left_until(deadline));
  if (!opened) return opened.error();
  if (agent_was_here()) opened->note_agent_was_here();
  auto hosts = opened->get_route(module);
  learn_from(*opened);
  return hosts;
}

transport session::current_transport() {
  auto& own = transports();
  shared_.mend();
  return own.shared.is_open() ? transport::shared_memory : transport::udp;
}

}  // namespace lars::client
