#include "agent/callers/counter_collector.hpp"

#include <utility>

#include "agent/service/load_intake.hpp"

namespace lars::agent {

counter_collector::counter_collector(service_index& modules, call_counters* counters, caller_stats& stats,
                                     links callbacks)
    : modules_(modules),
      stats_(stats),
      links_(std::move(callbacks)),
      sink_([this](std::span<const share::counted_calls> batch) { add_calls(batch); }),
      strays_(modules, counters, links_.strays) {}

void counter_collector::add_calls(std::span<const share::counted_calls> batch) {
  for (const auto& calls : batch) {
    totals_.picks += calls.picks;
    totals_.ends += calls.ends;
    totals_.failures += calls.failures;
    totals_.abandoned += calls.dropped;
    // Cache the module per thread. Look it up again if any module was removed meanwhile.
    auto*& owner = *calls.owner;
    if (owner == nullptr || *calls.owner_since != modules_.removals()) {
      owner = modules_.find(calls.key);
      *calls.owner_since = modules_.removals();
    }
    if (owner != nullptr)
      round_.add(static_cast<service_state&>(*owner), calls);
    else
      totals_.ignored += strays_.wait(calls.key, calls_of(calls), process_);
  }
}

bool counter_collector::scan(caller& from, bool whole, base::time_point now) {
  const auto rejected = from.counters.rejected();
  process_ = from.account().id();
  from.counters.look(whole, sink_);
  from.counters.look_at_loads([this, now](const share::told_load& load) { add_load(load, now); });
  stats_.rejected += from.counters.rejected() - rejected;
  return from.counters.sound();
}

void counter_collector::scan_all(caller& from, base::time_point now) {
  if (scan(from, true, now)) from.counters.look_at_all(sink_);
}

void counter_collector::sweep(caller& from) {
  process_ = from.account().id();
  from.counters.sweep(from.counters.bytes() / sizeof(share::counter_slot) / sweeps_a_turn + 1, sink_);
}

void counter_collector::add_load(const share::told_load& load, base::time_point now) {
  switch (record_load(modules_.find(load.module), load.where, load.load, now)) {
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
    const auto key = host.module.key();
    if (!host.result.known) totals_.ignored += strays_.count(key, host.calls);
    if (host.module.mark_used()) links_.used(key);
  });
  stats_.add(std::exchange(totals_, {}));
}

void counter_collector::retry_strays(base::time_point now) {
  links_.drain_strays([this](const stray_report& report) {
    // All UDP callers together share the limits of one process.
    totals_.ignored += modules_.find(report.module) != nullptr ? strays_.count(report.module, report.calls())
                                                               : strays_.wait(report.module, report.calls(), 0);
  });
  totals_.ignored += strays_.retry(now);
  stats_.waiting = strays_.waiting();
  stats_.add(std::exchange(totals_, {}));
}

void counter_collector::finish(base::time_point now) {
  retry_strays(now);
  strays_.finish();
}

void counter_collector::adopt_calls(caller& returned, base::time_point now) {
  returned.counters.for_each_under_way([&](route_key key, endpoint where, std::uint64_t calls) {
    host_calls begun{.where = where, .picks = calls};
    if (auto* const module = modules_.find(key))
      module->record(begun, now);
    else
      strays_.wait(key, begun, returned.account().id());
  });
}

void counter_collector::release_in_flight(caller& gone, base::time_point now) {
  gone.counters.for_each_under_way([&](route_key key, endpoint where, std::uint64_t calls) {
    stats_.released_in_flight += calls;
    if (auto* const module = modules_.find(key)) module->release_in_flight(where, calls, now);
  });
}

}  // namespace lars::agent
