#include "lab/policy_caller.hpp"

#include <vector>

#include "balance/module_state.hpp"
#include "balance/pick.hpp"
#include "balance/policy/registry.hpp"
#include "balance/table/heap_arena.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

namespace lars::lab {
namespace {

// Virtual time as a clock's time point. It starts far from zero, which may have a special meaning.
base::time_point clock_of(instant now) { return base::time_point(std::chrono::hours(1) + now); }

class policy_caller final : public caller {
public:
  policy_caller(const balance::policy_settings& policy, const balance::health_config& health, std::uint64_t seed)
      : health_(health), random_(seed), hosts_(health_, {1, 1}, memory_, memory_) {
    hosts_.use(policy);
  }

  void set_hosts(std::span<const host> hosts, instant now) override { hosts_.apply(hosts, clock_of(now)); }

  std::optional<balance::member> pick(instant now) override {
    const auto found = balance::pick(hosts_.view(), lane_, {random_(), {}});
    if (found.code != balance::pick_code::picked) return std::nullopt;
    hosts_.begin_published(found.chosen.slot, clock_of(now));
    return found.chosen;
  }

  void end(const ended_call& call, instant now) override {
    const auto at = clock_of(now);
    // The slot may belong to another host by now.
    if (balance::table_view(hosts_.view()).live(call.host.slot).generation != call.host.generation) return;
    if (hosts_.find_slot(call.host.where, call.host.slot) != call.host.slot) return;
    hosts_.end_published(call.host.slot, at);
    if (call.end != call_end::rejection)
      hosts_.record(call.host.where,
                    call.end == call_end::success ? balance::outcome::success : balance::outcome::failure, at);
    const auto us =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(call.latency).count());
    hosts_.observe(call.host.slot, {1, call.end == call_end::success ? 0u : 1u, us, us}, at);
    if (call.report) hosts_.report_load(call.host.slot, *call.report, at);
  }

  void control(instant now) override {
    hosts_.refresh_load(clock_of(now));
    hosts_.control(clock_of(now));
  }

private:
  const balance::health_config health_;
  base::random_source random_;
  balance::heap_arena memory_{1u << 18};
  balance::module_state hosts_;
  balance::cursor lane_;
};

}  // namespace

result<balance::policy_settings> parse_policy(std::string_view text) {
  const auto parts = base::split_list(text, ':');
  base::setting_map parameters;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto equals = parts[i].find('=');
    if (equals == std::string::npos)
      return {errc::invalid_argument,
              "policy '" + std::string(text) + "': '" + parts[i] + "' is not allowed; allowed: NAME:KEY=VALUE:..."};
    parameters[parts[i].substr(0, equals)] = parts[i].substr(equals + 1);
  }
  return balance::make_policy(parts.front(), parameters);
}

caller_factory policy_callers(const balance::policy_settings& policy, const balance::health_config& health) {
  return [policy, health](std::uint64_t seed) -> std::unique_ptr<caller> {
    return std::make_unique<policy_caller>(policy, health, seed);
  };
}

}  // namespace lars::lab
