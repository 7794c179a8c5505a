#include "lab/simulation.hpp"

#include <algorithm>

#include "lab/statistics.hpp"

namespace lars::lab {
namespace {

// Independent random streams from moved seed.
std::uint64_t stream_seed(std::uint64_t seed, std::uint64_t stream) {
  base::random_source mixer(seed * 0x9E3779B97F4A7C15u + stream);
  mixer();
  return mixer();
}

enum stream : std::uint64_t { arrival_stream = 1, work_stream = 2, refusal_stream = 3, first_caller_stream = 16 };

// Spread the callers' ticks: otherwise all controllers run at the same instant.
instant staggered(std::uint32_t number, std::size_t count) {
  return tick + tick * static_cast<instant::rep>(number) / static_cast<instant::rep>(count);
}

}  // namespace

simulation::simulation(const scenario& plan, const run_plan& parameters)
    : plan_(plan),
      arrival_mean_ns_(1e9 / (parameters.offered * plan.unit)),
      arrivals_(stream_seed(parameters.seed, arrival_stream)),
      works_(stream_seed(parameters.seed, work_stream)),
      refusals_(stream_seed(parameters.seed, refusal_stream)),
      fleet_(plan),
      meters_(plan.phases.size(), phase_meter(fleet_.cores())),
      figures_(plan.phases.size()),
      busy_at_look_(plan.servers.size()) {
  for (std::uint32_t i = 0; i < plan.agents; ++i)
    callers_.push_back(parameters.callers(stream_seed(parameters.seed, first_caller_stream + i)));
}

std::vector<phase_figures> simulation::run() {
  tell_hosts(instant(0));
  schedule_all();
  while (!events_.empty() && events_.next().at <= plan_.length()) handle(events_.pop());
  for (auto& figures : figures_) figures.goodput /= plan_.unit;
  return figures_;
}

void simulation::schedule_all() {
  events_.push(instant(0), event_kind::arrival);
  events_.push(std::chrono::seconds(1), event_kind::second);
  for (std::uint32_t i = 0; i < plan_.phases.size(); ++i) {
    events_.push(plan_.phases[i].from, event_kind::phase_begins, i);
    events_.push(plan_.phases[i].to, event_kind::phase_ends, i);
  }
  for (std::uint32_t i = 0; i < plan_.faults.size(); ++i) events_.push(plan_.faults[i].at, event_kind::fault, i);
  for (std::uint32_t i = 0; i < fleet_.size(); ++i)
    events_.push(staggered(i, fleet_.size()), event_kind::server_tick, i);
  for (std::uint32_t i = 0; i < callers_.size(); ++i)
    events_.push(staggered(i, callers_.size()), event_kind::caller_tick, i);
}

void simulation::handle(const event& what) {
  const auto subject = what.subject;
  // Skip an outdated event: the call has another moved pending.
  const auto is_pending = [&] { return calls_.at(subject).pending == what.order; };
  switch (what.kind) {
    case event_kind::arrival:
      return arrive(what.at);
    case event_kind::reach:
      return reach(subject, what.at);
    case event_kind::work_done:
      return is_pending() ? work_done(subject, what.at) : void();
    case event_kind::reply:
      return reply(subject, what.at);
    case event_kind::deadline:
      return expire(what.at);
    case event_kind::server_tick:
      fleet_.at(subject).end_tick(what.at);
      events_.push(what.at + tick, event_kind::server_tick, subject);
      return;
    case event_kind::caller_tick:
      callers_[subject]->control(what.at);
      events_.push(what.at + tick, event_kind::caller_tick, subject);
      return;
    case event_kind::fault:
      return happen(plan_.faults[subject], what.at);
    case event_kind::phase_begins:
      return begin_phase(subject, what.at);
    case event_kind::phase_ends:
      return end_phase(subject, what.at);
    case event_kind::second:
      return look(what.at);
  }
}

void simulation::move(std::uint32_t place, instant at, event_kind kind) {
  calls_.at(place).pending = events_.push(at, kind, place);
}

void simulation::arrive(instant now) {
  const auto gap = draw_exponential(arrivals_) * arrival_mean_ns_;
  events_.push(now + instant(static_cast<instant::rep>(gap + 0.5)), event_kind::arrival);
  const auto number = arrivals_.below(static_cast<std::uint32_t>(callers_.size()));
  const auto chosen = callers_[number]->pick(now);
  if (!chosen) {
    for (const auto i : active_) meters_[i].note_end(call_end::broken, instant(0));
    return;
  }
  const auto place = calls_.take();
  auto& started = calls_.at(place);
  started.caller = number;
  started.server = server_of(chosen->where);
  started.host = *chosen;
  started.began = now;
  for (const auto i : active_) meters_[i].note_pick(started.server, now);
  deadlines_.push({now + plan_.timeout, started.serial, place});
  watch_deadline(now);
  move(place, now + plan_.rtt / 2, event_kind::reach);
}

void simulation::reach(std::uint32_t place, instant now) {
  auto& current = calls_.at(place);
  auto& target = fleet_.at(current.server);
  // Always draw both, so that the random streams stay in step under every policy.
  current.work = target.service().draw(works_);
  const double draw = draw_unit(refusals_);
  if (!target.alive()) return answer(place, call_end::broken, now);
  if (target.refuses(draw)) {
    target.refused(current.work);
    current.report = target.report();
    return answer(place, call_end::rejection, now + plan_.limit->rejection_reply);
  }
  current.at_server = true;
  current.pending = 0;
  if (target.arrive({place, current.work}, now)) move(place, now + current.work, event_kind::work_done);
}

void simulation::work_done(std::uint32_t place, instant now) {
  auto& current = calls_.at(place);
  auto& target = fleet_.at(current.server);
  current.at_server = false;
  if (const auto next = target.finish(now)) move(next->call, now + next->work, event_kind::work_done);
  current.report = target.report();
  answer(place, call_end::success, now + fleet_.delay(current.server));
}

void simulation::answer(std::uint32_t place, call_end end, instant at) {
  calls_.at(place).end = end;
  move(place, at + plan_.rtt / 2, event_kind::reply);
}

void simulation::reply(std::uint32_t place, instant now) {
  const auto& current = calls_.at(place);
  if (!current.given_up) report_end(current, current.end, now);
  calls_.leave(place);
}

void simulation::report_end(const call& current, call_end end, instant now) {
  const bool answered = end == call_end::success || end == call_end::rejection;
  const auto latency = now - current.began;
  for (const auto i : active_) meters_[i].note_end(end, latency);
  callers_[current.caller]->end({current.host, end, latency, answered ? current.report : std::nullopt}, now);
}

void simulation::watch_deadline(instant now) {
  if (deadline_watched_) return;
  const auto next = deadlines_.next(calls_);
  if (!next) return;
  deadline_watched_ = true;
  events_.push(std::max(now, next->at), event_kind::deadline);
}

// The server goes on with the call: it does not know of the timeout.
void simulation::expire(instant now) {
  for (auto due = deadlines_.next(calls_); due && due->at <= now; due = deadlines_.next(calls_)) {
    auto& current = calls_.at(due->place);
    current.given_up = true;
    report_end(current, call_end::timeout, now);
  }
  deadline_watched_ = false;
  watch_deadline(now);
}

void simulation::happen(const fault& what, instant now) {
  const auto number = what.server - 1;
  switch (what.kind) {
    case fault_kind::delay:
      fleet_.delay(number) = what.delay;
      return;
    case fault_kind::kill:
      return kill(number, now);
    case fault_kind::restart:
      return fleet_.at(number).start();
    case fault_kind::remove:
      fleet_.list(number, false);
      return tell_hosts(now);
    case fault_kind::add:
      fleet_.list(number, true);
      return tell_hosts(now);
  }
}

void simulation::kill(std::uint32_t number, instant now) {
  fleet_.at(number).die(now);
  for (std::uint32_t place = 0; place < calls_.places(); ++place) {
    auto& current = calls_.at(place);
    if (current.serial == 0 || !current.at_server || current.server != number) continue;
    current.at_server = false;
    answer(place, call_end::broken, now);
  }
}

void simulation::tell_hosts(instant now) {
  const auto hosts = fleet_.hosts();
  for (auto& caller : callers_) caller->set_hosts(hosts, now);
}

void simulation::look(instant now) {
  events_.push(now + std::chrono::seconds(1), event_kind::second);
  auto busy = fleet_.busy_until(now);
  spreads_.push_back(deviation_of(cpu_between(busy_at_look_, busy, fleet_.cores(), std::chrono::seconds(1))));
  busy_at_look_ = std::move(busy);
}

void simulation::begin_phase(std::uint32_t number, instant now) {
  meters_[number].begin(now, fleet_.busy_until(now));
  active_.push_back(number);
}

void simulation::end_phase(std::uint32_t number, instant now) {
  std::erase(active_, number);
  figures_[number] = meters_[number].end(now, fleet_.busy_until(now));
  // Convergence in the first phase is measured from the beginning of the run.
  const auto from = number == 0 ? instant(0) : plan_.phases[number].from;
  const auto first = std::min(static_cast<std::size_t>(from / std::chrono::seconds(1)), spreads_.size());
  figures_[number].converge_s = convergence_of({spreads_.begin() + static_cast<std::ptrdiff_t>(first), spreads_.end()});
}

}  // namespace lars::lab
