#include "agent/callers/counter_collector.hpp"

#include <utility>

#include "agent/service/load_intake.hpp"
#include "agent/service/verdict_log.hpp"

namespace lars::agent {

counter_collector::counter_collector(service_index& modules, call_counters* counters, caller_stats& stats,
                                     links outward)
    : modules_(modules),
      stats_(stats),
      links_(std::move(outward)),
      sink_([this](std::span<const share::counted_calls> found) { take(found); }),
      strays_(modules, counters, links_.strays) {}

void counter_collector::take(std::span<const share::counted_calls> found) {
  for (const auto& calls : found) {
    told_.picks += calls.picks;
    told_.ends += calls.ends;
    told_.failures += calls.failures;
    told_.abandoned += calls.dropped;
    // The module is looked up once a thread, and again when any module was removed since.
    auto*& owner = *calls.owner;
    if (owner == nullptr || *calls.owner_since != modules_.removals()) {
      owner = modules_.find(calls.key);
      *calls.owner_since = modules_.removals();
    }
    if (owner != nullptr)
      round_.add(*static_cast<service_state*>(owner), calls);
    else
      told_.ignored += strays_.wait(calls.key, calls_of(calls), process_);
  }
}

bool counter_collector::scan(caller& from, bool whole, base::time_point now) {
  const auto rejected = from.counters.rejected();
  process_ = from.account().id();
  from.counters.look(whole, sink_);
  from.counters.look_at_loads([this, now](const share::told_load& load) { take(load, now); });
  stats_.rejected += from.counters.rejected() - rejected;
  return from.counters.sound();
}

void counter_collector::scan_all(caller& from, base::time_point now) {
  if (scan(from, true, now)) from.counters.look_at_all(sink_);
}

void counter_collector::sweep(caller& from) {
  process_ = from.account().id();
  from.counters.sweep(from.counters.bytes() / sizeof(share::lane_slot) / sweeps_a_turn + 1, sink_);
}

void counter_collector::take(const share::told_load& load, base::time_point now) {
  switch (take_load(modules_.find(load.module), load.where, load.load, now)) {
    case load_intake::none:
      break;
    case load_intake::taken:
      ++stats_.loads_taken;
      break;
    case load_intake::ignored:
      ++stats_.loads_ignored;
      break;
    case load_intake::rejected:
      ++stats_.loads_rejected;
      break;
  }
}

void counter_collector::finish_round(base::time_point now) {
  round_.finish(now, [this](const call_round::judged_host& host) {
    if (!host.result.known) told_.ignored += strays_.count(host.of.key(), host.told);
    if (host.result.changed) log_verdict(host.of.key(), host.where, *host.result.changed);
    if (host.of.note_use()) links_.used(host.of.key());
  });
  stats_.add(std::exchange(told_, {}));
}

void counter_collector::settle_strays(base::time_point now) {
  links_.drain_strays([this](const stray_report& report) {
    // All callers over UDP together share what one process may have waiting.
    told_.ignored += modules_.find(report.module) != nullptr ? strays_.count(report.module, report.calls())
                                                             : strays_.wait(report.module, report.calls(), 0);
  });
  told_.ignored += strays_.settle(now);
  stats_.waiting = strays_.waiting();
  stats_.add(std::exchange(told_, {}));
}

void counter_collector::finish(base::time_point now) {
  settle_strays(now);
  strays_.finish();
}

void counter_collector::adopt_calls(caller& returned, base::time_point now) {
  returned.counters.for_each_under_way([&](route_key key, endpoint where, std::uint64_t calls) {
    host_calls begun{.where = where, .picks = calls};
    if (auto* const to = modules_.find(key))
      to->take(begun, now);
    else
      strays_.wait(key, begun, returned.account().id());
  });
}

void counter_collector::give_back(caller& gone, base::time_point now) {
  gone.counters.for_each_under_way([&](route_key key, endpoint where, std::uint64_t calls) {
    stats_.given_back += calls;
    if (auto* const from = modules_.find(key)) from->give_back(where, calls, now);
  });
}

}  // namespace lars::agent
