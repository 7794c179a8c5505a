#include "agent/link/server_choice.hpp"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "base/endpoint.hpp"

namespace lars::agent {
namespace {

std::uint64_t affinity(std::string_view identity, endpoint server) {
  const auto name = base::format_endpoint(server);
  return XXH64(name.data(), name.size(), XXH64(identity.data(), identity.size(), 0));
}

}  // namespace

server_choice::server_choice(std::vector<endpoint> servers, std::string_view identity, base::backoff_config backoff)
    : order_(std::move(servers)), backoff_(backoff) {
  std::sort(order_.begin(), order_.end());
  order_.erase(std::unique(order_.begin(), order_.end()), order_.end());
  std::stable_sort(order_.begin(), order_.end(),
                   [identity](endpoint a, endpoint b) { return affinity(identity, a) > affinity(identity, b); });
}

server_attempt server_choice::next(std::uint64_t draw) {
  server_attempt attempt{order_[position_], {}, order_.size() > 1, failures_ >= order_.size()};
  if (failures_ > 0 && failures_ % order_.size() == 0) attempt.wait = backoff_.next(draw);
  return attempt;
}

void server_choice::ended(bool served) {
  position_ = (position_ + 1) % order_.size();
  failures_ = served ? 0 : failures_ + 1;
  if (served) backoff_.reset();
}

void server_choice::go_to(endpoint server) {
  const auto found = std::find(order_.begin(), order_.end(), server);
  if (found == order_.end()) return;
  position_ = static_cast<std::size_t>(found - order_.begin());
  failures_ = 0;
}

}  // namespace lars::agent
