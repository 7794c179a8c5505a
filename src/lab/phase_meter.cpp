#include "lab/phase_meter.hpp"

#include <algorithm>
#include <span>

#include "lab/statistics.hpp"

namespace lars::lab {

void phase_meter::begin(instant now, const std::vector<instant>& busy) {
  began_ = now;
  busy_ = busy;
  picks_.assign(busy.size(), 0);
  tick_picks_.assign(busy.size(), 0);
  tick_number_ = now / tick;
}

void phase_meter::note_pick(std::uint32_t server, instant now) {
  if (now / tick != tick_number_) {
    close_tick();
    tick_number_ = now / tick;
  }
  ++picks_[server];
  ++tick_picks_[server];
  ++tick_total_;
}

void phase_meter::close_tick() {
  if (tick_total_ > 0)
    max_share_ = std::max(max_share_, static_cast<double>(*std::ranges::max_element(tick_picks_)) / tick_total_);
  std::ranges::fill(tick_picks_, 0);
  tick_total_ = 0;
}

void phase_meter::note_end(call_end end, instant latency) {
  ++(end == call_end::success ? successes_ : errors_);
  // Latencies of refusals are left out: a fast refusal is no success.
  if (end == call_end::success || end == call_end::timeout) latencies_.add(latency);
}

phase_figures phase_meter::end(instant now, const std::vector<instant>& busy) {
  close_tick();
  const double seconds = seconds_of(now - began_);
  const auto cpu = cpu_between(busy_, busy, cores_, now - began_);
  const auto [least, most] = std::ranges::minmax(cpu);
  phase_figures figures;
  figures.goodput = static_cast<double>(successes_) / seconds;
  figures.p50_ms = milliseconds_of(latencies_.quantile(0.5));
  figures.p99_ms = milliseconds_of(latencies_.quantile(0.99));
  figures.p999_ms = milliseconds_of(latencies_.quantile(0.999));
  const auto ends = static_cast<double>(successes_ + errors_);
  figures.error_rate = ends > 0 ? static_cast<double>(errors_) / ends : 0;
  figures.cpu_max_min = least > 0 ? most / least : 0;
  figures.cpu_sigma = 100 * deviation_of(cpu);
  figures.max_share = max_share_;
  for (const auto picks : picks_) figures.server_qps.push_back(static_cast<double>(picks) / seconds);
  return figures;
}

std::vector<double> cpu_between(const std::vector<instant>& before, const std::vector<instant>& after,
                                const std::vector<int>& cores, instant length) {
  std::vector<double> cpu;
  for (std::size_t i = 0; i < cores.size(); ++i)
    cpu.push_back(seconds_of(after[i] - before[i]) / (seconds_of(length) * cores[i]));
  return cpu;
}

double convergence_of(const std::vector<double>& spreads) {
  constexpr std::size_t in_a_row = 3;
  if (spreads.size() < in_a_row) return static_cast<double>(spreads.size());
  const std::span all(spreads);
  const double most = 1.25 * mean_of(all.subspan(all.size() / 2));
  for (std::size_t i = 0; i + in_a_row <= all.size(); ++i)
    if (mean_of(all.subspan(i, in_a_row)) <= most) return static_cast<double>(i);
  return static_cast<double>(all.size());
}

}  // namespace lars::lab
