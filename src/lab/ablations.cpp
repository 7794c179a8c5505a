#include "lab/ablations.hpp"

#include <array>

#include "base/portable_math.hpp"
#include "base/random.hpp"
#include "lab/ablation_hosts.hpp"

namespace lars::lab {
namespace {

constexpr std::array specs{
    ablation_spec{"aligned", ablation_kind::aligned}, ablation_spec{"misaligned", ablation_kind::misaligned},
    ablation_spec{"divided", ablation_kind::divided}, ablation_spec{"corrected", ablation_kind::corrected}};

// Calls a second per utilisation; 0 = not known.
double worth_of(const balance::load_report& report) {
  if (!report.known() || report.qps <= 0) return 0;
  return report.qps / (report.utilization + report.eps / report.qps);
}

// gRPC's weighted_round_robin (A58): weights are qps over utilisation, updated each second; hosts take turns by static
// stride.
class report_weights final : public caller {
public:
  explicit report_weights(std::uint64_t seed) : random_(seed), turn_(random_()) {}

  void set_hosts(std::span<const host> hosts, instant) override { hosts_.set(hosts); }

  // A host is skipped in proportion to how far its weight is below the greatest.
  std::optional<balance::member> pick(instant) override {
    const auto hosts = hosts_.size();
    if (hosts == 0) return std::nullopt;
    for (;; ++turn_) {
      const auto& [who, note] = hosts_.all()[turn_ % hosts];
      const auto round = turn_ / hosts;
      const std::uint64_t offset = who.slot % 2 == 0 ? 0 : full / 2;
      if ((note.weight * round + offset) % full < full - note.weight) continue;
      ++turn_;
      return who;
    }
  }

  void end(const ended_call& call, instant now) override {
    auto* const note = hosts_.find(call.host);
    if (note == nullptr || !call.report) return;
    if (!note->report.known()) note->since = now;
    note->report = *call.report;
  }

  void control(instant now) override {
    if (now < next_update_) return;
    next_update_ = now + update_period;
    double sum = 0;
    double most = 0;
    std::uint32_t known = 0;
    for (const auto& [who, note] : hosts_.all()) {
      const double ratio = ratio_of(note, now);
      if (ratio > 0) ++known;
      sum += ratio;
      most = std::max(most, ratio);
    }
    if (known < 2) return;
    for (auto& [who, note] : hosts_.all()) {
      const double ratio = ratio_of(note, now);
      note.weight = static_cast<std::uint64_t>((ratio > 0 ? ratio : sum / known) / most * full);
      note.weight = std::clamp<std::uint64_t>(note.weight, 1, full);
    }
  }

private:
  struct memory {
    balance::load_report report;
    instant since{0};  // time of the first report
    std::uint64_t weight = full;
  };

  // 0 = not known (yet).
  static double ratio_of(const memory& one, instant now) {
    return now - one.since < blackout ? 0 : worth_of(one.report);
  }

  static constexpr std::uint64_t full = 65535;
  static constexpr instant blackout = std::chrono::seconds(10);
  static constexpr instant update_period = std::chrono::seconds(1);

  base::random_source random_;
  ablation_hosts<memory> hosts_;
  std::uint64_t turn_;
  instant next_update_{0};
};

// Two choices by peak EWMA times in-flight calls, like p2c without reports. Each score is also divided by a weight that
// follows utilisation, so a fast host's speed counts twice. Weights are calls a second per utilisation, or move against
// utilisation as those of ralb (`moving`).
class divided_score final : public caller {
public:
  divided_score(bool moving, std::uint64_t seed) : moving_(moving), random_(seed) {}

  void set_hosts(std::span<const host> hosts, instant) override { hosts_.set(hosts); }

  std::optional<balance::member> pick(instant) override {
    const auto hosts = hosts_.size();
    if (hosts == 0) return std::nullopt;
    auto& first = hosts_.all()[random_.below(hosts)];
    auto& second = hosts_.all()[random_.below(hosts)];
    auto& chosen = score_of(second.note) < score_of(first.note) ? second : first;
    ++chosen.note.under_way;
    return chosen.who;
  }

  void end(const ended_call& call, instant now) override {
    auto* const note = hosts_.find(call.host);
    if (note == nullptr) return;
    --note->under_way;
    double sample = seconds_of(call.latency);
    if (call.end != call_end::success)
      sample = std::min(std::max({sample, error_latency, 2 * note->ewma}), most_latency);
    const double kept = base::portable_exp(-seconds_of(now - note->seen) / tau_seconds);
    note->seen = now;
    note->ewma = sample > note->ewma ? sample : sample + kept * (note->ewma - sample);
    if (!call.report) return;
    note->utilization += call.report->utilization;
    ++note->samples;
    note->worth = worth_of(*call.report);
  }

  // Scales the weights to a mean of 1 and clamps them.
  void control(instant now) override {
    if (now < next_update_) return;
    next_update_ = now + window;
    double utilization = 0;
    std::uint32_t known = 0;
    for (const auto& [who, note] : hosts_.all())
      if (note.samples > 0) {
        utilization += note.utilization / note.samples;
        ++known;
      }
    if (known == 0) return;
    double sum = 0;
    for (auto& [who, note] : hosts_.all()) {
      if (note.samples == 0) continue;
      if (!moving_ && note.worth > 0) note.weight = note.worth;
      if (moving_) note.weight *= utilization / known / std::max(note.utilization / note.samples, 0.005);
      sum += note.weight;
    }
    for (auto& [who, note] : hosts_.all()) {
      if (note.samples > 0) note.weight = std::clamp(note.weight * known / sum, 1 / ratio, ratio);
      note.utilization = 0;
      note.samples = 0;
    }
  }

private:
  struct memory {
    double ewma = 0;  // seconds
    instant seen{0};  // time of the last update
    std::int32_t under_way = 0;
    double utilization = 0;  // sum over samples
    std::uint32_t samples = 0;
    double worth = 0;
    double weight = 1;
  };

  static double score_of(const memory& one) { return one.ewma * (one.under_way + 1) / one.weight; }

  static constexpr double tau_seconds = 10;
  static constexpr double error_latency = 1;
  static constexpr double most_latency = 30;
  static constexpr double ratio = 2.5;
  static constexpr instant window = std::chrono::seconds(3);

  const bool moving_;
  base::random_source random_;
  ablation_hosts<memory> hosts_;
  instant next_update_ = window;
};

}  // namespace

std::span<const ablation_spec> all_ablations() { return specs; }

std::optional<ablation_kind> find_ablation(std::string_view name) {
  const auto found = std::ranges::find(specs, name, &ablation_spec::name);
  return found == specs.end() ? std::nullopt : std::optional(found->kind);
}

caller_factory ablation_callers(ablation_kind kind) {
  return [kind](std::uint64_t seed) -> std::unique_ptr<caller> {
    if (kind == ablation_kind::divided) return std::make_unique<divided_score>(false, seed);
    if (kind == ablation_kind::corrected) return std::make_unique<divided_score>(true, seed);
    return std::make_unique<report_weights>(seed);
  };
}

scenario changed_by(ablation_kind kind, scenario plan) {
  if (kind == ablation_kind::misaligned) plan.reports.shift = std::chrono::seconds(1);
  return plan;
}

}  // namespace lars::lab
