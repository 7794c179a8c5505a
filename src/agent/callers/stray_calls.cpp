#include "agent/callers/stray_calls.hpp"

#include <chrono>
#include <utility>

#include "agent/service/verdict_log.hpp"
#include "log/log.hpp"

namespace lars::agent {
namespace {

constexpr std::chrono::seconds between_questions{1};

log::throttle dropped_lines;

}  // namespace

std::uint64_t stray_calls::count(route_key module, const host_calls& calls) {
  const auto ended = calls.ended.calls();
  if (counters_ == nullptr || ended == 0 || counters_->count_stray(module, calls.where, calls.sums())) return 0;
  return ended;
}

std::uint64_t stray_calls::wait(route_key module, const host_calls& calls, std::uint64_t caller) {
  const auto ended = calls.ended.calls();
  auto place = waiting_.find(module);
  const bool new_module = place == waiting_.end();
  if (!new_module) {
    if (const auto host = place->second.hosts.find(calls.where); host != place->second.hosts.end()) {
      waiting_calls_ += ended;
      host->second.calls.add(calls);
      return 0;
    }
    if (place->second.hosts.size() >= most_hosts) return ended;
  }
  auto& room = of_callers_[caller];
  if (room.hosts >= most_hosts_in_all || (new_module && room.modules >= most_modules)) return ended;
  ++room.hosts;
  if (new_module) {
    ++room.modules;
    place = waiting_.try_emplace(module).first;
    place->second.caller = caller;
    links_.want(module, caller);
  }
  place->second.hosts.emplace(calls.where, waiting_host{calls, caller});
  waiting_calls_ += ended;
  return 0;
}

std::uint64_t stray_calls::calls_of(const waiting_module& one) {
  std::uint64_t calls = 0;
  for (const auto& [where, host] : one.hosts) calls += host.calls.ended.calls();
  return calls;
}

std::uint64_t stray_calls::settle(base::time_point now) {
  std::uint64_t dropped = 0;
  const bool ask = now >= ask_again_;
  if (ask) ask_again_ = now + between_questions;
  for (auto one = waiting_.begin(); one != waiting_.end();) {
    if (auto* const to = modules_.find(one->first)) {
      hand_over(*to, one->second, now);
      one = forget(one);
    } else if (const auto why = ask ? given_up(one->first, one->second, now) : std::nullopt) {
      dropped += drop(one->first, one->second, *why);
      one = forget(one);
    } else {
      ++one;
    }
  }
  return dropped + std::exchange(dropped_here_, 0);
}

void stray_calls::finish() {
  for (const auto& [key, one] : waiting_)
    for (const auto& [where, host] : one.hosts) count(key, host.calls);
  waiting_.clear();
  of_callers_.clear();
  waiting_calls_ = 0;
}

void stray_calls::hand_over(service_state& to, const waiting_module& from, base::time_point now) {
  for (const auto& [where, host] : from.hosts) {
    auto told = host.calls;
    const auto judged = to.take(told, now);
    if (!judged.known) dropped_here_ += count(to.key(), host.calls);
    if (judged.changed) log_verdict(to.key(), where, *judged.changed);
  }
}

std::optional<std::string_view> stray_calls::given_up(route_key key, waiting_module& one, base::time_point now) {
  if (links_.want(key, one.caller) == share::attach_status::absent) return "dns knows no such module";
  if (!links_.dns_is_there()) return std::nullopt;
  if (!one.since) one.since = now;
  if (now - *one.since < patience) return std::nullopt;
  return "dns says nothing of the module";
}

std::uint64_t stray_calls::drop(route_key key, const waiting_module& one, std::string_view why) {
  const auto calls = calls_of(one);
  if (calls > 0 && log::admit(dropped_lines, "agent.calls_dropped"))
    log::warn("agent.calls_dropped", {{"modid", key.modid}, {"cmdid", key.cmdid}, {"calls", calls}, {"reason", why}});
  return calls;
}

stray_calls::waiting_modules::iterator stray_calls::forget(waiting_modules::iterator one) {
  waiting_calls_ -= calls_of(one->second);
  for (const auto& [where, host] : one->second.hosts) free_room(host.caller, {.modules = 0, .hosts = 1});
  free_room(one->second.caller, {.modules = 1, .hosts = 0});
  return waiting_.erase(one);
}

void stray_calls::free_room(std::uint64_t caller, occupancy freed) {
  const auto found = of_callers_.find(caller);
  found->second.modules -= freed.modules;
  found->second.hosts -= freed.hosts;
  if (found->second.modules == 0 && found->second.hosts == 0) of_callers_.erase(found);
}

}  // namespace lars::agent
