#include "net/silent_peers.hpp"

#include <algorithm>
#include <utility>

namespace lars::net {

void silent_peers::note(std::uint32_t ip, base::time_point now) {
  const auto find = [this](std::uint32_t wanted) {
    return std::ranges::find(peers_, wanted, [](const peer& each) { return each.seen.ip; });
  };
  auto found = find(ip);
  if (found == peers_.end() && peers_.size() >= most_addresses) found = find(ip = others);
  if (found == peers_.end())
    peers_.push_back({{ip, 1}, now});
  else
    ++found->seen.connections;
}

std::optional<base::time_point> silent_peers::due() const {
  if (peers_.empty()) return {};
  return peers_.front().since + period;
}

std::vector<silent_peers::count> silent_peers::take_due(base::time_point now) {
  const auto rest = std::ranges::find_if(peers_, [now](const peer& each) { return now - each.since < period; });
  std::vector<count> taken;
  for (auto each = peers_.begin(); each != rest; ++each) taken.push_back(each->seen);
  peers_.erase(peers_.begin(), rest);
  return taken;
}

std::vector<silent_peers::count> silent_peers::take_all() {
  std::vector<count> taken;
  for (const auto& each : std::exchange(peers_, {})) taken.push_back(each.seen);
  return taken;
}

}  // namespace lars::net
