#include "agent/callers/caller_account.hpp"

#include <algorithm>

namespace lars::agent {
namespace {

constexpr std::chrono::minutes between_lines{1};
constexpr std::uint64_t is_unknown = std::uint64_t{1} << 62;  // peer_process::name never has this bit

}  // namespace

void caller_account::close_connection(base::time_point now) {
  --connections_;
  closed_ = now;
}

void caller_account::add_left_memory(std::uint64_t counters, std::uint64_t bytes, base::time_point now) {
  left_.push_back({counters, bytes, now});
}

std::uint64_t caller_account::left_memory(base::time_point now) {
  std::erase_if(left_, [now](const left_counters& left) { return now - left.since > memory_counts; });
  std::uint64_t bytes = 0;
  for (const auto& left : left_) bytes += left.bytes;
  return bytes;
}

std::uint64_t caller_account::left_memory_of(std::uint64_t counters) const {
  std::uint64_t bytes = 0;
  for (const auto& left : left_)
    if (left.name == counters) bytes += left.bytes;
  return bytes;
}

void caller_account::reclaim_memory(std::uint64_t counters, std::uint64_t bytes) {
  for (auto& left : left_) {
    if (left.name != counters) continue;
    const auto reclaimed = std::min(bytes, left.bytes);
    left.bytes -= reclaimed;
    bytes -= reclaimed;
  }
  std::erase_if(left_, [](const left_counters& left) { return left.bytes == 0; });
}

bool caller_account::should_log(process_limit exceeded, base::time_point now) {
  auto& last = logged_[static_cast<std::size_t>(exceeded)];
  if (last && now - *last < between_lines) return false;
  last = now;
  return true;
}

bool caller_account::is_unused(base::time_point now) const {
  return connections_ == 0 && ((id_ & is_unknown) != 0 || now - closed_ > memory_counts);
}

caller_account& caller_accounts::open_connection(const peer_process& peer, base::time_point now) {
  const auto id = peer.name != 0 ? peer.name : is_unknown | ++unknown_;
  auto& account = accounts_.try_emplace(id, id, peer.pid, now).first->second;
  account.open_connection();
  return account;
}

caller_account* caller_accounts::find(std::uint64_t id) {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &found->second;
}

void caller_accounts::prune(base::time_point now) {
  std::erase_if(accounts_, [now](const auto& account) { return account.second.is_unused(now); });
}

}  // namespace lars::agent
