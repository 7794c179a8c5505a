#include "client/caller.hpp"

#include "client/session.hpp"

namespace lars::client {

caller::caller(caller_config config) : config_(std::move(config)), session_(new session(config_)) { mark_.set(); }

// In a fork's child that never used the client the session is the parent's: leave it alone.
caller::~caller() {
  auto* const own = session_.load(std::memory_order_relaxed);
  if (mark_.is_set())
    delete own;
  else
    own->leave_to_parent();
}

// In a fork's child. The parent's session stays in memory: threads that the child does not have may hold its locks.
session& caller::renew() {
  mark_.lock();
  if (!mark_.is_set()) {
    auto* const parents = session_.load(std::memory_order_relaxed);
    parents->leave_to_parent();
    session_.store(new session(config_, parents->agent_was_here()), std::memory_order_relaxed);
    mark_.set();
  }
  mark_.unlock();
  return *session_.load(std::memory_order_relaxed);
}

failure caller::pick(route_key module, call& picked) { return mine().pick(module, picked); }

failure caller::pick(const pick_request& request, call& picked) { return mine().pick(request, picked); }

void caller::finish(call& ended, std::int32_t retcode) { mine().finish(ended, retcode); }

void caller::finish(call& ended, const call_outcome& how) { mine().finish(ended, how); }

void caller::abandon(call& dropped) { mine().abandon(dropped); }

void caller::report(route_key module, endpoint where, std::int32_t retcode, std::chrono::microseconds latency) {
  mine().report(module, where, retcode, latency);
}

result<std::vector<endpoint>> caller::route(route_key module, std::optional<std::chrono::milliseconds> deadline) {
  return mine().route(module, deadline.value_or(config_.deadline));
}

transport caller::current_transport() { return mine().current_transport(); }

bool caller::agent_has_other_layout() { return mine().agent_has_other_layout(); }

}  // namespace lars::client
