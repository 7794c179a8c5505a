#include "cli/turn_watch.hpp"

namespace lars::cli {
namespace {

constexpr std::uint64_t probe_distance = 11;  // the default of probe_num + 1
constexpr std::uint64_t absence = 3 * probe_distance;
constexpr int proof = 3;

}  // namespace

turn_watch::turn_watch(const std::vector<endpoint>& hosts, base::time_point start) : start_(start) {
  for (const auto& where : hosts) tracks_[where].last_at = start;
}

void turn_watch::asked(std::optional<endpoint> given, base::time_point now) {
  ++asks_;
  if (given) {
    const auto [found, is_new] = tracks_.try_emplace(*given);
    if (!is_new && can_tell()) picked(found->second, now);
    found->second.last_ask = asks_;
    found->second.last_at = now;
  }
  if (!can_tell()) return;
  for (auto& [where, host] : tracks_)
    if (!host.known.isolated && asks_ - host.last_ask > absence) isolate(host, host.last_at);
}

void turn_watch::picked(track& host, base::time_point now) {
  const std::uint64_t distance = asks_ - host.last_ask;
  const bool as_probe = distance * distance > probe_distance * tracks_.size();
  if (as_probe == host.known.isolated) {
    host.streak = 0;
    return;
  }
  if (host.streak++ == 0) host.streak_from = as_probe ? host.last_at : now;
  if (host.streak < proof) return;
  if (as_probe) return isolate(host, host.streak_from);
  host.known.isolated = false;
  host.known.returned_at = host.streak_from;
  if (!host.known.first_returned_at) host.known.first_returned_at = host.streak_from;
  host.streak = 0;
}

void turn_watch::isolate(track& host, base::time_point since) {
  host.known.isolated = true;
  host.known.isolated_at = since;
  if (!host.known.first_isolated_at) host.known.first_isolated_at = since;
  host.streak = 0;
}

turn_watch::history turn_watch::of(endpoint where) const {
  const auto found = tracks_.find(where);
  return found == tracks_.end() ? history{} : found->second.known;
}

}  // namespace lars::cli
