#include "balance/policy/catalog.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace lars::balance {
namespace {

constexpr setting_spec choices{"choices", "2", "whole number 0, or 2 .. 64",
                               "hosts drawn and compared at a pick; 0 = every host"};
constexpr setting_spec tau{"tau", "10s", "100ms .. 10m", "a latency seen so long ago counts e times less"};
constexpr setting_spec error_latency{"error_latency", "1s", "1ms .. 30s",
                                     "a failed call counts at least as slow as this"};
constexpr setting_spec weights{"weights", "auto", "auto, static",
                               "auto = the load that hosts report decides whom the choices fall on, where most report"};
constexpr setting_spec load_window{"window", "3s", "100ms .. 60s",
                                   "reported loads are averaged over this, then weights move"};
constexpr setting_spec max_adjust_ratio{"max_adjust_ratio", "2.5", "number 1 .. 100",
                                        "a weight is at most so many times its base, and at least that part of it"};
constexpr setting_spec recover{"recover", "0.1", "number 0.01 .. 1",
                               "part of its base weight that a new or returned host begins with"};
constexpr setting_spec error_penalty{"error_penalty", "1", "number 0 .. 10",
                                     "utilisation that a host which fails every call is taken to have besides"};

constexpr std::array p2c_parameters{choices,          tau,     error_latency, weights, load_window,
                                    max_adjust_ratio, recover, error_penalty};
constexpr std::array ralb_parameters{load_window, max_adjust_ratio, recover, error_penalty};
constexpr std::array least_request_parameters{choices};
constexpr std::span<const setting_spec> no_parameters;

constexpr std::array<std::string_view, 2> p2c_aliases{"peak_ewma", "ewma"};
constexpr std::array<std::string_view, 1> round_robin_aliases{"rr"};
constexpr std::array<std::string_view, 1> weighted_round_robin_aliases{"wrr"};
constexpr std::array<std::string_view, 1> weighted_random_aliases{"wr"};
constexpr std::array<std::string_view, 6> least_request_aliases{"least_conn", "leastactive", "lc", "wlc", "sed", "nq"};
constexpr std::span<const std::string_view> no_aliases;

constexpr std::array policies{
    policy_spec{"p2c", p2c_aliases, "of two hosts the one with the shorter expected wait", p2c_parameters},
    policy_spec{"round_robin", round_robin_aliases, "each host in turn", no_parameters},
    policy_spec{"weighted_round_robin", weighted_round_robin_aliases, "each host in turn, as often as its weight says",
                no_parameters},
    policy_spec{"random", no_aliases, "any host", no_parameters},
    policy_spec{"weighted_random", weighted_random_aliases, "any host, with a chance as its weight says",
                no_parameters},
    policy_spec{
        "least_request", least_request_aliases,
        "the host with fewest calls under way for its weight; lc ignores weights, sed and nq count the call to be "
        "made",
        least_request_parameters},
    policy_spec{"ralb", no_aliases, "any host, with a chance that evens out the utilisation that hosts report",
                ralb_parameters},
    policy_spec{"lars", no_aliases, "the original policy: round robin, as callers already in the field know it",
                no_parameters},
};
static_assert(policies.size() == 8);

constexpr std::array health_settings{
    setting_spec{"probe_num", "10", "whole number 0 .. 1000000", "picks between two probes of overloaded hosts"},
    setting_spec{"init_succ_cnt", "180", "whole number 0 .. 1000000", "successes credited to a host that becomes idle"},
    setting_spec{"init_err_cnt", "5", "whole number 0 .. 1000000",
                 "failures debited to a host that becomes overloaded"},
    setting_spec{"err_rate", "0.1", "number 0 .. 1", "an idle host becomes overloaded above this share of failures"},
    setting_spec{"succ_rate", "0.5", "number 0 .. 1", "an overloaded host becomes idle above this share of successes"},
    setting_spec{"contin_err_limit", "15", "whole number 1 .. 1000000",
                 "an idle host becomes overloaded at this many failures in a row"},
    setting_spec{"contin_succ_limit", "15", "whole number 1 .. 1000000",
                 "an overloaded host becomes idle at this many successes in a row"},
    setting_spec{"window_err_rate", "0.7", "number 0 .. 1",
                 "an idle host becomes overloaded when a window ends with at least this share of failures"},
    setting_spec{"idle_timeout", "15", "whole number 1 .. 86400", "length of an idle host's window in seconds"},
    setting_spec{"overload_timeout", "15", "whole number 1 .. 86400",
                 "an overloaded host gets another chance after so many seconds"},
};

std::optional<double> number(std::string_view text, double least, double most) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || !(value >= least && value <= most))
    return std::nullopt;
  return value;
}

std::optional<std::uint32_t> whole(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

// A number and ms, s or m.
std::optional<base::duration> span_of_time(std::string_view text, base::duration least, base::duration most) {
  using namespace std::chrono_literals;
  const auto unit_at = text.find_first_not_of("0123456789.");
  if (unit_at == std::string_view::npos) return std::nullopt;
  const auto count = number(text.substr(0, unit_at), 0, 1e9);
  const auto unit = text.substr(unit_at);
  const std::chrono::duration<double> one = unit == "ms" ? 1ms : unit == "s" ? 1s : unit == "m" ? 60s : 0s;
  if (!count || one.count() == 0) return std::nullopt;
  const auto value = std::chrono::duration_cast<base::duration>(*count * one);
  if (value < least || value > most) return std::nullopt;
  return value;
}

template <class T>
bool put(T& into, const std::optional<T>& value) {
  if (value) into = *value;
  return value.has_value();
}

// False when the text is not allowed. REQUIRES: the policy has a parameter of that name.
bool assign(policy_settings& to, std::string_view name, std::string_view text) {
  using namespace std::chrono_literals;
  if (name == "choices") return put(to.choices, whole(text, 0, 64)) && to.choices != 1;
  if (name == "tau") return put(to.tau, span_of_time(text, 100ms, 600s));
  if (name == "error_latency") return put(to.error_latency, span_of_time(text, 1ms, 30s));
  if (name == "window") return put(to.window, span_of_time(text, 100ms, 60s));
  if (name == "max_adjust_ratio") return put(to.max_adjust_ratio, number(text, 1, 100));
  if (name == "recover") return put(to.recover, number(text, 0.01, 1));
  if (name == "error_penalty") return put(to.error_penalty, number(text, 0, 10));
  if (name != "weights" || (text != "auto" && text != "static")) return false;
  to.follow_reports = text == "auto";
  return true;
}

// The shortest text that reads back as the same number.
std::string shown(double value) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

std::string shown(base::duration span) {
  const double ms = std::chrono::duration<double, std::milli>(span).count();
  return ms < 1000 ? shown(ms) + "ms" : shown(ms / 1000) + "s";
}

// REQUIRES: the policy has a parameter of that name.
std::string shown(const policy_settings& of, std::string_view name) {
  if (name == "choices") return std::to_string(of.choices);
  if (name == "tau") return shown(of.tau);
  if (name == "error_latency") return shown(of.error_latency);
  if (name == "window") return shown(of.window);
  if (name == "max_adjust_ratio") return shown(of.max_adjust_ratio);
  if (name == "recover") return shown(of.recover);
  if (name == "error_penalty") return shown(of.error_penalty);
  return of.follow_reports ? "auto" : "static";
}

bool assign(health_config& to, std::string_view name, std::string_view text) {
  constexpr std::uint32_t most = 1'000'000;
  const auto seconds = [text](std::chrono::seconds& into) {
    const auto value = whole(text, 1, 86'400);
    if (value) into = std::chrono::seconds(*value);
    return value.has_value();
  };
  if (name == "probe_num") return put(to.probe_num, whole(text, 0, most));
  if (name == "init_succ_cnt") return put(to.init_succ_cnt, whole(text, 0, most));
  if (name == "init_err_cnt") return put(to.init_err_cnt, whole(text, 0, most));
  if (name == "err_rate") return put(to.err_rate, number(text, 0, 1));
  if (name == "succ_rate") return put(to.succ_rate, number(text, 0, 1));
  if (name == "contin_err_limit") return put(to.contin_err_limit, whole(text, 1, most));
  if (name == "contin_succ_limit") return put(to.contin_succ_limit, whole(text, 1, most));
  if (name == "window_err_rate") return put(to.window_err_rate, number(text, 0, 1));
  if (name == "idle_timeout") return seconds(to.idle_timeout);
  return name == "overload_timeout" && seconds(to.overload_timeout);
}

const policy_spec* find_policy(std::string_view name) {
  const auto found = std::ranges::find_if(policies, [name](const policy_spec& one) {
    return one.name == name || std::ranges::find(one.aliases, name) != one.aliases.end();
  });
  return found == policies.end() ? nullptr : &*found;
}

// "a, b, c".
template <class Specs>
std::string names_of(const Specs& specs) {
  std::string names;
  for (const auto& one : specs) names += (names.empty() ? "" : ", ") + std::string(one.name);
  return names.empty() ? "none" : names;
}

error unknown(const char* what, std::string_view name, std::string_view there_are) {
  return {errc::invalid_argument,
          std::string(what) + " '" + std::string(name) + "' is unknown; there are: " + std::string(there_are)};
}

error refused(const setting_spec& spec, std::string_view text) {
  return {errc::invalid_argument, std::string(spec.name) + " = '" + std::string(text) +
                                      "' is not allowed; allowed: " + std::string(spec.allowed)};
}

// Each setting into `to`, as far as `specs` know it.
template <class T>
result<T> assign_all(T to, std::span<const setting_spec> specs, const char* what, const setting_map& settings) {
  for (const auto& [name, text] : settings) {
    const auto spec = std::ranges::find(specs, name, &setting_spec::name);
    if (spec == specs.end()) return unknown(what, name, names_of(specs));
    if (!assign(to, name, text)) return refused(*spec, text);
  }
  return to;
}

// What the name itself says, beyond which policy it is.
policy_settings defaults_of(std::string_view name, policy_kind kind) {
  policy_settings made;
  made.kind = kind;
  if (name == "lc" || name == "leastactive" || name == "least_conn") made.rule = request_rule::plain;
  if (name == "sed") made.rule = request_rule::shortest_delay;
  if (name == "nq") made.rule = request_rule::never_queue;
  // These two weigh every host by definition.
  if (name == "sed" || name == "nq") made.choices = 0;
  return made;
}

}  // namespace

std::span<const policy_spec> all_policies() { return policies; }
std::span<const setting_spec> all_health_settings() { return health_settings; }

result<policy_settings> make_policy(std::string_view name, const setting_map& parameters) {
  if (name.empty()) name = policies.front().name;
  const auto* const spec = find_policy(name);
  if (spec == nullptr) return unknown("policy", name, names_of(policies));
  const auto kind = static_cast<policy_kind>(spec - policies.data());
  return assign_all(defaults_of(name, kind), spec->parameters, "parameter", parameters);
}

result<health_config> make_health(const health_config& base, const setting_map& settings) {
  return assign_all(base, health_settings, "health setting", settings);
}

setting_map parameters_of(const policy_settings& settings) {
  setting_map all;
  for (const auto& spec : policies[static_cast<std::size_t>(settings.kind)].parameters)
    all.emplace(spec.name, shown(settings, spec.name));
  return all;
}

std::string_view canonical_name(std::string_view name_or_alias) {
  const auto* const spec = find_policy(name_or_alias.empty() ? policies.front().name : name_or_alias);
  return spec == nullptr ? std::string_view() : spec->name;
}

}  // namespace lars::balance
