#include "agent/callers/caller_limits.hpp"

#include <algorithm>

#include "balance/table/module_format.hpp"
#include "log/log.hpp"

namespace lars::agent {
namespace {

constexpr std::size_t answered_connections = 16;  // beyond a process's limit; they get an answer with the reason

log::throttle refusal_lines;

void log_refusal(const caller& refused, process_limit exceeded, std::string_view why) {
  if (refused.account().should_log(exceeded, base::clock::now()) && log::admit(refusal_lines, "agent.caller_refused"))
    log::warn("agent.caller_refused", {{"pid", refused.pid()}, {"why", why}});
}

}  // namespace

std::size_t caller_limits::most_connections() const {
  return std::max(config_.max_callers / part_of_callers, least_connections);
}

caller_account* caller_limits::open_connection(const peer_process& peer, base::time_point now) {
  auto& account = accounts_.open_connection(peer, now);
  if (account.connections() <= most_connections() + answered_connections) return &account;
  account.close_connection(now);
  ++stats_.refused_process;
  return nullptr;
}

bool caller_limits::may_attach(const caller& newcomer) {
  if (newcomer.account().connections() > most_connections()) {
    ++stats_.refused_process;
    log_refusal(newcomer, process_limit::connections, "too many connections of this process");
    return false;
  }
  if (stats_.callers < config_.max_callers) return true;
  ++stats_.refused_full;
  log_refusal(newcomer, process_limit::connections, "max_callers");
  return false;
}

bool caller_limits::may_ask(caller_account* asker) {
  const auto now = base::clock::now();
  if (asker == nullptr || asker->asks.spend(now)) return true;
  ++stats_.asks_refused;
  if (asker->should_log(process_limit::modules, now) && log::admit(refusal_lines, "agent.asks_refused"))
    log::warn("agent.asks_refused", {{"pid", asker->pid()}, {"why", "too many unknown modules"}});
  return false;
}

void caller_limits::record_grant(const caller& to, const memory_grant& granted) {
  if (granted.status == share::attach_status::no_memory) ++stats_.refused_memory;
  if (granted.status != share::attach_status::full || !granted.exceeded) return;
  ++stats_.refused_full;
  log_refusal(
      to, process_limit::memory,
      *granted.exceeded == memory_limit::connection ? "caller_mb" : "memory of all connections of this process");
}

void caller_limits::record_other_layout(const caller& refused, std::uint32_t theirs) {
  ++stats_.refused_layout;
  stats_.refused_layouts.add(theirs);
  if (log::admit(refusal_lines, "agent.caller_refused"))
    log::warn("agent.caller_refused", {{"pid", refused.pid()},
                                       {"why", "layout"},
                                       {"theirs", balance::text_of_layout(theirs)},
                                       {"ours", balance::text_of_layout(balance::layout_version)}});
}

}  // namespace lars::agent
