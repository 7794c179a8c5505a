#include "cli/demo/scenario.hpp"

#include <array>
#include <cstdio>

namespace lars::cli::demo {
namespace {

constexpr std::uint64_t enough_asks = 200;
constexpr double even_within = 0.25;         // allowed deviation from the fair share
constexpr double probe_share_limit = 0.125;  // one in eleven, plus a margin for requests in flight

std::string percent(double share) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f %%", share * 100);
  return text.data();
}

std::string milliseconds(base::duration span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(span).count()) + " ms";
}

}  // namespace

const char* name_of(phase which) {
  switch (which) {
    case phase::spread:
      return "spread";
    case phase::failing:
      return "isolation";
    case phase::healing:
      return "return";
  }
  return "";
}

std::optional<phase_verdict> scenario::step(const phase_facts& facts) {
  std::optional<phase_verdict> verdict;
  switch (phase_) {
    case phase::spread:
      verdict = check_spread(facts);
      break;
    case phase::failing:
      verdict = check_failing(facts);
      break;
    case phase::healing:
      verdict = check_healing(facts);
      break;
  }
  if (verdict) {
    verdict->which = phase_;
    phase_ = phase_ == phase::spread ? phase::failing : phase_ == phase::failing ? phase::healing : phase::spread;
    happened_at_.reset();
  }
  return verdict;
}

std::optional<phase_verdict> scenario::check_spread(const phase_facts& facts) const {
  const bool out_of_time = facts.lasted >= config_.spread_lasts + config_.gives_up;
  if (!out_of_time && (facts.lasted < config_.spread_lasts || facts.asks < enough_asks)) return std::nullopt;
  if (facts.asks < enough_asks)
    return phase_verdict{{}, false, "only " + std::to_string(facts.asks) + " calls got a host"};
  const double fair = 1 / static_cast<double>(config_.hosts);
  const bool even = facts.least_share >= fair * (1 - even_within) && facts.most_share <= fair * (1 + even_within);
  return phase_verdict{{},
                       even,
                       std::string(even ? "even" : "uneven") + ": every host got " + percent(facts.least_share) +
                           " to " + percent(facts.most_share) + " of the calls"};
}

bool scenario::held(bool happened, const phase_facts& facts) {
  if (!happened) return false;
  if (!happened_at_) happened_at_ = facts.lasted;
  return facts.asks_since >= enough_asks && facts.lasted - *happened_at_ >= config_.holds;
}

std::optional<phase_verdict> scenario::check_failing(const phase_facts& facts) {
  const bool happened = isolated_ = facts.isolated_after.has_value();
  if (!held(happened, facts)) {
    if (facts.lasted < config_.gives_up + (happened ? config_.holds : std::chrono::milliseconds(0)))
      return std::nullopt;
    if (!happened)
      return phase_verdict{{}, false, "the failing host was not isolated within " + milliseconds(facts.lasted)};
  }
  const bool shielded = facts.share_since <= probe_share_limit;
  return phase_verdict{{},
                       shielded,
                       "the failing host was isolated " + milliseconds(*facts.isolated_after) +
                           " after its first failed call (" + std::to_string(facts.failures_until_isolated) +
                           " failed); since then it got " + percent(facts.share_since) + " of the calls" +
                           (shielded ? ", as trials" : ", more than trials explain")};
}

std::optional<phase_verdict> scenario::check_healing(const phase_facts& facts) {
  if (!isolated_) return phase_verdict{{}, false, "a host that was not isolated cannot return"};
  const bool happened = facts.returned_after.has_value();
  if (!held(happened, facts)) {
    if (facts.lasted < config_.gives_up + (happened ? config_.holds : std::chrono::milliseconds(0)))
      return std::nullopt;
    if (!happened)
      return phase_verdict{{}, false, "the recovered host did not return within " + milliseconds(facts.lasted)};
  }
  const double fair = 1 / static_cast<double>(config_.hosts);
  const bool full = facts.share_since >= fair * (1 - even_within);
  return phase_verdict{{},
                       full,
                       "the recovered host returned after " + milliseconds(*facts.returned_after) +
                           "; since then it got " + percent(facts.share_since) + " of the calls" +
                           (full ? "" : ", less than its share")};
}

}  // namespace lars::cli::demo
