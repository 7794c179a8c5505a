#include "agent/module.hpp"

namespace lars::agent {

balance::pick_result module::pick(std::uint64_t draw) {
  const std::lock_guard hold(lock_);
  return balance::pick(hosts_.table(), hosts_.live(), lane_, health_, draw);
}

balance::report_result module::report(endpoint where, balance::outcome result, base::time_point now) {
  const std::lock_guard hold(lock_);
  return hosts_.record(where, result, now);
}

balance::host_delta module::apply(std::span<const host> wanted, base::time_point now) {
  const std::lock_guard hold(lock_);
  return hosts_.apply(wanted, now);
}

bool module::put_hosts(wire::caller_route_encoder& out) {
  const std::lock_guard hold(lock_);
  const auto table = hosts_.table().view();
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const auto one = table.at(i);
    if (hosts_.live().load(one.slot).takes_calls() && !out.add(one.where)) return false;
  }
  return true;
}

bool module::note_use() {
  // The usual case is one load of a line that nobody writes.
  if (usage_.load(std::memory_order_relaxed) == usage::used) return false;
  return usage_.exchange(usage::used, std::memory_order_relaxed) == usage::parked;
}

bool module::take_use() {
  auto expected = usage::quiet;
  if (usage_.compare_exchange_strong(expected, usage::parked, std::memory_order_relaxed)) return false;
  usage_.store(usage::quiet, std::memory_order_relaxed);
  return true;
}

}  // namespace lars::agent
