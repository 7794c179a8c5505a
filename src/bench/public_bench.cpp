#include "bench/public_bench.hpp"

#include <array>
#include <string>
#include <utility>

#include "bench/counted_check.hpp"
#include "bench/pick_load.hpp"
#include "bench/public_caller.hpp"
#include "bench/round_medians.hpp"
#include "bench/route_churn.hpp"

namespace lars::bench {
namespace {

constexpr std::size_t interfaces = 4;
constexpr std::array<const char*, interfaces> names{"inside", "c", "cpp", "old"};  // "inside" is not public

// The figures of one interface, a value a round.
struct interface_history {
  std::vector<double> p50_ns;
  std::vector<double> over_inside;  // its p50 divided by that of "inside" in the same round
  std::vector<double> per_second;
  std::vector<double> per_cpu_second;
  std::uint64_t picks = 0;
  std::uint64_t failed = 0;
};

class public_rounds {
public:
  public_rounds(const std::filesystem::path& program, const transport_settings& settings, const own_agent& agent)
      : caller_(program.parent_path() / "lars-bench-caller"), settings_(settings), agent_(agent) {}

  // Measures each interface once.
  result<void> run_round() {
    for (std::size_t i = 0; i < interfaces; ++i) {
      const auto check = counted_check::begin(agent_, client::transport::shared_memory);
      if (!check) return check.error();
      const auto run = i == 0 ? run_inside() : run_public(names[i]);
      if (!run) return run.error();
      const auto counted = check->end(run->totals);
      if (!counted) return counted.error();
      if (wrong_.empty() && !counted->wrong.empty()) wrong_ = std::string(names[i]) + ": " + counted->wrong;
      note(all_[i], *run);
    }
    return {};
  }

  std::vector<transport_figures> figures(const std::string& policy) const {
    std::vector<transport_figures> rows;
    for (std::size_t i = 0; i < interfaces; ++i) {
      const auto& history = all_[i];
      const auto over = median_of_rounds(history.over_inside);
      figure_row row{{"policy", policy.empty() ? std::string("default") : policy},
                     {"interface", std::string(names[i])},
                     {"threads", static_cast<std::int64_t>(settings_.threads)},
                     {"rounds", static_cast<std::int64_t>(history.p50_ns.size())},
                     {"p50_ns", median_of_rounds(history.p50_ns).value},
                     {"over_inside", over.value},
                     {"over_inside_low", over.low},
                     {"over_inside_high", over.high},
                     {"calls_per_second", median_of_rounds(history.per_second).value},
                     {"calls_per_cpu_second", median_of_rounds(history.per_cpu_second).value},
                     {"picks", static_cast<std::int64_t>(history.picks)},
                     {"errors", static_cast<std::int64_t>(history.failed)}};
      rows.push_back({std::move(row), wrong_});
    }
    return rows;
  }

private:
  result<public_figures> run_inside() const {
    pick_load_config config;
    config.where = agent_.through(client::transport::shared_memory);
    config.modules = agent_.modules();
    config.threads = settings_.threads;
    config.warm_up = settings_.warm_up;
    config.each = settings_.each;
    config.parts = {load_part::pick_and_report};
    const auto load = pick_load::start(config);
    if (!load) return load.error();
    const auto parts = (*load)->run([] { return std::chrono::nanoseconds(0); });
    if (!parts) return parts.error();
    const auto totals = (*load)->close();
    if (!totals) return totals.error();
    const auto& part = parts->front();
    const double ticks = static_cast<double>(part.times.percentile(0.5)) / batch_calls;
    return public_figures{*totals, part.errors, (*load)->watch().to_ns(ticks), part.calls_per_second,
                          part.calls_per_cpu_second};
  }

  result<public_figures> run_public(const char* interface) const {
    return run_public_caller({caller_, interface, agent_.through(client::transport::shared_memory),
                              agent_.modules().size(), settings_.threads, settings_.warm_up, settings_.each});
  }

  void note(interface_history& into, const public_figures& run) {
    into.p50_ns.push_back(run.p50_ns);
    into.over_inside.push_back(run.p50_ns / all_[0].p50_ns.back());
    into.per_second.push_back(run.calls_per_second);
    into.per_cpu_second.push_back(run.calls_per_cpu_second);
    into.picks += run.totals.picks;
    into.failed += run.failed;
  }

  const std::filesystem::path caller_;
  const transport_settings& settings_;
  const own_agent& agent_;
  std::array<interface_history, interfaces> all_;
  std::string wrong_;
};

}  // namespace

result<std::vector<transport_figures>> measure_public(const std::filesystem::path& program,
                                                      const transport_settings& settings, std::size_t runs,
                                                      std::ostream& progress) {
  std::vector<transport_figures> all;
  for (const auto& policy : settings.policies.empty() ? std::vector{std::string()} : settings.policies) {
    const auto agent = own_agent::start({program, settings.size, policy, settings.reporter}, progress);
    if (!agent) return agent.error();
    const auto churn = start_route_churn((*agent)->storage(), settings.size, settings.churn);
    if (!churn) return churn.error();
    public_rounds rounds(program, settings, **agent);
    for (std::size_t i = 0; i < runs; ++i) {
      progress << "lars bench qps: " << policy << (policy.empty() ? "" : " ") << "round " << i + 1 << " of " << runs
               << std::endl;
      if (const auto done = rounds.run_round(); !done) return done.error();
    }
    for (auto& figures : rounds.figures(policy)) all.push_back(std::move(figures));
  }
  return all;
}

}  // namespace lars::bench
