#include "cli/isolation_watch.hpp"

#include <algorithm>

namespace lars::cli {

void isolation_watch::saw(const std::vector<endpoint>& isolated, base::time_point now) {
  looked_ = true;
  for (const auto& where : isolated) {
    history& host = hosts_[where];
    host.isolated = true;
    if (!host.first_isolated_at) host.first_isolated_at = now;
  }
  for (auto& [where, host] : hosts_) {
    if (!host.isolated || std::find(isolated.begin(), isolated.end(), where) != isolated.end()) continue;
    host.isolated = false;
    if (!host.first_returned_at) host.first_returned_at = now;
  }
}

isolation_watch::history isolation_watch::of(endpoint where) const {
  const auto found = hosts_.find(where);
  return found == hosts_.end() ? history{} : found->second;
}

}  // namespace lars::cli
