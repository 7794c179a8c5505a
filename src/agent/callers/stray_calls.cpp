#include "agent/callers/stray_calls.hpp"

#include <chrono>
#include <utility>

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
  auto entry = waiting_.find(module);
  const bool new_module = entry == waiting_.end();
  if (!new_module) {
    if (const auto host = entry->second.hosts.find(calls.where); host != entry->second.hosts.end()) {
      waiting_calls_ += ended;
      host->second.calls.add(calls);
      return 0;
    }
    if (entry->second.hosts.size() >= most_hosts) return ended;
  }
  auto& used = usage_[caller];
  if (used.hosts >= most_hosts_in_all || (new_module && used.modules >= most_modules)) return ended;
  ++used.hosts;
  if (new_module) {
    ++used.modules;
    entry = waiting_.try_emplace(module).first;
    entry->second.caller = caller;
    links_.request_module(module, caller);
  }
  entry->second.hosts.emplace(calls.where, waiting_host{calls, caller});
  waiting_calls_ += ended;
  return 0;
}

std::uint64_t stray_calls::calls_of(const waiting_module& waiting) {
  std::uint64_t calls = 0;
  for (const auto& [where, host] : waiting.hosts) calls += host.calls.ended.calls();
  return calls;
}

std::uint64_t stray_calls::retry(base::time_point now) {
  std::uint64_t dropped = 0;
  const bool ask = now >= ask_again_;
  if (ask) ask_again_ = now + between_questions;
  for (auto entry = waiting_.begin(); entry != waiting_.end();) {
    if (auto* const module = modules_.find(entry->first)) {
      deliver(*module, entry->second, now);
      entry = erase(entry);
    } else if (const auto why = ask ? give_up_reason(entry->first, entry->second, now) : std::nullopt) {
      dropped += drop(entry->first, entry->second, *why);
      entry = erase(entry);
    } else {
      ++entry;
    }
  }
  return dropped + std::exchange(undelivered_, 0);
}

void stray_calls::finish() {
  for (const auto& [key, module] : waiting_)
    for (const auto& [where, host] : module.hosts) count(key, host.calls);
  waiting_.clear();
  usage_.clear();
  waiting_calls_ = 0;
}

void stray_calls::deliver(service_state& module, const waiting_module& waiting, base::time_point now) {
  for (const auto& [where, host] : waiting.hosts) {
    auto calls = host.calls;
    const auto judged = module.record(calls, now);
    if (!judged.known) undelivered_ += count(module.key(), host.calls);
  }
}

std::optional<std::string_view> stray_calls::give_up_reason(route_key key, waiting_module& waiting,
                                                            base::time_point now) {
  if (links_.request_module(key, waiting.caller) == share::attach_status::absent) return "dns knows no such module";
  if (!links_.dns_connected()) return std::nullopt;
  if (!waiting.since) waiting.since = now;
  if (now - *waiting.since < patience) return std::nullopt;
  return "dns did not answer for this module";
}

std::uint64_t stray_calls::drop(route_key key, const waiting_module& waiting, std::string_view why) {
  const auto calls = calls_of(waiting);
  if (calls > 0 && log::admit(dropped_lines, "agent.calls_dropped"))
    log::warn("agent.calls_dropped", {{"modid", key.modid}, {"cmdid", key.cmdid}, {"calls", calls}, {"reason", why}});
  return calls;
}

stray_calls::waiting_modules::iterator stray_calls::erase(waiting_modules::iterator position) {
  waiting_calls_ -= calls_of(position->second);
  for (const auto& [where, host] : position->second.hosts) reduce_usage(host.caller, {.modules = 0, .hosts = 1});
  reduce_usage(position->second.caller, {.modules = 1, .hosts = 0});
  return waiting_.erase(position);
}

void stray_calls::reduce_usage(std::uint64_t caller, usage freed) {
  const auto found = usage_.find(caller);
  found->second.modules -= freed.modules;
  found->second.hosts -= freed.hosts;
  if (found->second.modules == 0 && found->second.hosts == 0) usage_.erase(found);
}

}  // namespace lars::agent
