#include "client/thread_transport.hpp"

#include <algorithm>
#include <utility>

#include "balance/policy/definition.hpp"

namespace lars::client {
namespace {

constexpr std::uint32_t slots_step = 4;  // counters blocks have a multiple of this many slots
// How long a host's first call waits for counters without an agent. The holder of their lock waits 10 ms for an agent,
// and other threads may be first.
constexpr std::chrono::milliseconds lock_patience{25};

thread_transport::outcome outcome_of(balance::pick_code code) {
  switch (code) {
    case balance::pick_code::picked:
      return thread_transport::outcome::picked;
    case balance::pick_code::all_ejected:
      return thread_transport::outcome::overloaded;
    case balance::pick_code::no_hosts:
    case balance::pick_code::gone:
      return thread_transport::outcome::unknown;
    case balance::pick_code::unreadable:
    case balance::pick_code::elsewhere:
      break;
  }
  return thread_transport::outcome::elsewhere;
}

}  // namespace

thread_transport::thread_transport(shared_transport& transport, std::chrono::milliseconds deadline)
    : transport_(transport), deadline_(deadline), random_(base::random_source::from_system()) {}

// Another agent is attached, or none. Counts stay; the counters are kept as long as the attached agent reads them.
void thread_transport::reattach() {
  generation_ = transport_.generation();
  attachment_ = transport_.current();
  if (!attachment_) return;
  const bool same_counters = counters_generation_ == attachment_->counters;
  counters_generation_ = attachment_->counters;
  if (!same_counters) {
    dirty_ring_ = {};
    loads_ = {};
  }
  for (const auto& one : owned_counters_) one->forget_rounds();
  modules_.for_each([same_counters](thread_module& one) {
    one.view = {};
    one.cursors.forget_table();
    if (!same_counters) one.counters = nullptr;
  });
}

// False where the routes have no such module. A module that was retired and came back has another record.
bool thread_transport::find(thread_module& one) {
  if (one.view.record != nullptr && !one.view.is_gone()) return true;
  if (one.view.record != nullptr) one.cursors = {};
  one.view = attachment_->routes.find(one.key);
  return one.view.record != nullptr;
}

// The slow path of a pick.
thread_transport::outcome thread_transport::pick_until(const pick_request& request, base::time_point deadline,
                                                       call& picked) {
  auto& one = modules_.at(request.module);
  // Read before the published values: these are of this round or a later one.
  auto round = rounds();
  auto start = attachment_->rate.now();
  const auto draw = std::exchange(next_draw_, random_());
  bool alive = attachment_->is_alive(start, round.beat);
  if (!alive || transport_.needs_repair()) [[unlikely]] {
    transport_.repair();
    if (!is_open()) return outcome::closed;
    round = rounds();  // repair() took time: the agent has gone on, or is another one
    start = attachment_->rate.now();
    alive = attachment_->is_alive(start, round.beat);
  }
  if (one.view.record == nullptr && !find(one)) [[unlikely]]
    return outcome::unknown;
  const balance::pick_request wish{draw, request.exclude,
                                   one.counters != nullptr ? one.counters->counts(round, !alive)
                                   : alive                 ? balance::no_picker_counts
                                                           : balance::no_counts_alone};
  auto found = balance::find_host(one.view, one.cursors, wish);
  if (found.code == balance::pick_code::gone && find(one)) [[unlikely]]
    found = balance::find_host(one.view, one.cursors, wish);
  if (found.code != balance::pick_code::picked) [[unlikely]]
    return outcome_of(found.code);
  picked_host host{found.where, balance::high_of(found.id), 0};
  if (one.counters != nullptr) [[likely]] {
    one.counters->sample_latencies(attachment_->rate.counts_cycles() && !one.cursors.policy->by_latency);
    host.index = one.counters->index_of(host.where, host.slot);
    if (host.index != one.counters->capacity()) [[likely]] {
      one.counters->count_pick(host.index, request.cost, round);
      record_pick(one.counters, host, {start, request.cost}, picked);
      return outcome::picked;
    }
  }
  const share::thread_counters* counted = count_first(one, request.cost, deadline, host);
  if (counted == nullptr) {
    // A living agent can count the call over UDP. It may be alive again since the check above: then it was not asked
    // for counters, and none were made without it.
    if (alive || agent_is_alive()) return outcome::elsewhere;
    // Prefer an uncounted call to none, but wait a moment for a thread that holds the lock while it waits for an agent.
    const auto patience = std::min(lock_patience, request.deadline.value_or(deadline_));
    counted = count_first(one, request.cost, base::clock::now() + patience, host);
  }
  record_pick(counted, host, {start, request.cost}, picked);
  return outcome::picked;
}

// Allocates counters for the host and counts its pick there. Null where there is no memory for them.
const share::thread_counters* thread_transport::count_first(thread_module& one, std::uint32_t cost,
                                                            base::time_point deadline, picked_host& host) {
  const endpoint where{balance::high_of(host.where), balance::low_of(host.where)};
  host.index = index_for(one, {where, host.slot, 0}, deadline);
  if (one.counters == nullptr || host.index == one.counters->capacity()) return nullptr;
  one.counters->count_pick(host.index, cost, rounds());
  return one.counters;
}

// The index for a host's first call in this thread.
std::uint32_t thread_transport::index_for(thread_module& one, balance::member host, base::time_point deadline) {
  // A call may end after its module was removed.
  const bool known = one.view.record != nullptr;
  const auto members = known ? balance::table_view(one.view) : balance::table_view();
  if (known && one.counters != nullptr && one.counters->release_unused(members, rounds()))
    if (const auto index = one.counters->index_of(host); index != one.counters->capacity()) return index;
  const auto hosts = std::max(members.size(), one.counters == nullptr ? 1 : one.counters->capacity() + 1);
  if (!allocate_counters(one, (hosts + slots_step - 1) / slots_step * slots_step, deadline))
    return one.counters == nullptr ? 0 : one.counters->capacity();
  return one.counters->index_of(host);
}

bool thread_transport::allocate_counters(thread_module& one, std::uint32_t slots, base::time_point deadline) {
  if (!dirty_ring_) {
    const auto ring = transport_.add_block(share::block_kind::dirty_ring, {}, share::dirty_ring_entries,
                                           share::dirty_ring_entries * sizeof(share::shared_word), deadline);
    if (!ring) return false;
    dirty_ring_ = share::dirty_ring_writer(ring->block);
  }
  if (!loads_) {
    const auto ring = transport_.add_block(share::block_kind::loads, {}, share::load_places,
                                           share::load_places * sizeof(share::load_entry), deadline);
    // Calls are counted even where there is no memory for load reports.
    if (!ring && deadline == base::time_point{} && agent_is_alive()) return false;
    if (ring) loads_ = share::load_writer(ring->block);
  }
  const auto block =
      transport_.add_block(share::block_kind::counters, one.key, slots, share::slots_bytes(slots), deadline);
  if (!block) return false;
  owned_counters_.push_back(
      std::make_unique<share::thread_counters>(one.key, *block->block, *block->segment, block->position, dirty_ring_));
  one.counters = owned_counters_.back().get();
  one.cursors.forget_table();  // the cached scores lie beside the former counters
  return true;
}

// The counters for the end of a call: those in which it began, where they are this thread's and the index still belongs
// to the host; else this thread's present ones.
inline share::thread_counters* thread_transport::counters_of(const call& of, bool own, std::uint32_t& index) {
  if (own) [[likely]] {
    auto* const began_in = reinterpret_cast<share::thread_counters*>(static_cast<std::uintptr_t>(of.origin));
    index = of.counter_index;
    if (began_in->host_at(index) == balance::join(of.where.ip, of.where.port)) [[likely]]
      return began_in;
    // Calls that ended in other threads made the index look unused, and another host took it.
    if (attachment_ == nullptr) return nullptr;
  }
  return own_counters(of, index);
}

share::thread_counters* thread_transport::own_counters(const call& of, std::uint32_t& index) {
  auto& one = modules_.at(of.module);
  (void)find(one);
  const balance::member host{of.where, of.slot, 0};
  if (one.counters == nullptr || (index = one.counters->index_of(host)) == one.counters->capacity())
    index = index_for(one, host, base::clock::now());
  return one.counters == nullptr || index == one.counters->capacity() ? nullptr : one.counters;
}

void thread_transport::finish(const call& ended, bool own, bool failed) {
  if (!is_open()) return abandon(ended, own);
  if (ended.origin == 0) return;
  const auto now = attachment_->rate.now();
  const auto ns = attachment_->rate.to_ns(now - ended.start);
  // The program may have stopped picking: ends look for the next agent too.
  if (transport_.needs_repair() || !attachment_->is_alive(now, attachment_->routes.beat())) [[unlikely]] {
    transport_.repair();
    if (!is_open()) return abandon(ended, own);
  }
  std::uint32_t index = 0;
  if (auto* const counters = counters_of(ended, own, index))
    counters->count_end(index, {failed, base::reported_latency_us(ns), ended.cost}, rounds());
}

void thread_transport::report_load(const call& ending, bool own, const balance::load_report& load) {
  if (ending.origin == 0 || !loads_) return;
  std::uint32_t index = 0;
  auto* const counters = counters_of(ending, own, index);
  if (counters != nullptr && counters->load_is_due(index, rounds())) loads_.add(ending.module, ending.where, load);
}

void thread_transport::abandon(const call& dropped, bool own) {
  const bool open = is_open();
  if (dropped.origin == 0 || (!open && !own)) return;
  std::uint32_t index = 0;
  if (auto* const counters = counters_of(dropped, own, index))
    counters->count_dropped(index, open ? rounds() : share::rounds{});
}

void thread_transport::report(route_key module, endpoint where, bool failed, std::uint64_t latency_us) {
  call elsewhere{.module = module, .where = where};
  auto& one = modules_.at(module);
  if (!find(one)) return;
  const balance::table_view members(one.view);
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    const auto host = members.at(i);
    if (host.where == where) elsewhere.slot = host.slot;
  }
  std::uint32_t index = 0;
  auto* const counters = counters_of(elsewhere, false, index);
  if (counters == nullptr) return;
  // Begins and ends here at once: the call was in flight where it was picked.
  counters->count_pick(index, 0, rounds());
  counters->count_end(index, {failed, latency_us, 0}, rounds());
}

std::optional<std::vector<endpoint>> thread_transport::route(route_key module) {
  auto& one = modules_.at(module);
  if (!find(one) || !one.view.is_here()) return std::nullopt;
  for (int attempt = 0; attempt < balance::read_attempts; ++attempt) {
    const balance::table_view members(one.view);
    std::vector<endpoint> hosts;
    for (std::uint32_t i = 0; i < members.size(); ++i) {
      const auto host = members.at(i);
      const auto value = members.live(host.slot);
      if (value.generation == host.generation && value.takes_calls()) hosts.push_back(host.where);
    }
    if (members.intact()) return hosts;
  }
  return std::nullopt;
}

}  // namespace lars::client
