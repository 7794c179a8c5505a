#include "agent/routes/route_manager.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "agent/routes/route_record.hpp"
#include "agent/routes/used_hosts.hpp"
#include "base/endpoint.hpp"
#include "base/utf8.hpp"
#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"

namespace lars::agent {
namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

using net::as_result;
constexpr auto upkeep_interval = 100ms;
constexpr auto pull_lifetime = 5s;  // longer than any caller waits
constexpr std::size_t most_pulls = 1u << 16;
constexpr base::duration retire_interval = 2s;  // between two batches of retired modules
constexpr int most_retired = 4096;              // in a batch; takes a millisecond or two

// Validates a route from outside: removes hosts with an invalid address or port, and clears zones that are not
// printable UTF-8. Returns the number of hosts removed.
std::size_t drop_uncallable(proto::route_response& route) {
  const auto dropped = std::erase_if(route.hosts, [](const host& listed) { return !base::is_callable(listed.where); });
  route.total_hosts -= std::min(route.total_hosts, static_cast<std::uint32_t>(dropped));
  for (auto& host : route.hosts)
    if (!base::is_printable_utf8(host.zone)) host.zone.clear();
  return dropped;
}

}  // namespace

route_manager::route_manager(const agent_io& io, const agent_config& config, route_file& file, call_counters* counters,
                             const route_memory& memory)
    : config_(config),
      counters_(counters),
      routes_memory_(memory.routes()),
      settings_({config.policy, config.health}),
      modules_(memory.shared(), memory.spare()),
      absent_(base::clock::now()),
      pulls_(most_pulls),
      saver_(io.context, io.files, file, stats_.unsaved_routes),
      link_(io.context, *this, {"dns", false, config.moves}, io.network),
      upkeep_(io.context) {}

void route_manager::restore(proto::route_response route, base::time_point saved) {
  const auto now = base::clock::now();
  drop_uncallable(route);
  auto& known = add_route(route.key);
  apply_settings(known, route.settings);
  use_hosts(known, route, now);
  track_empty(known, route.hosts.empty(), now);
  share_with_callers(known);
  known.digest = route.digest;
  known.changed = saved;
  mark_refreshed(known, now);
}

asio::awaitable<void> route_manager::run(std::string identity) {
  co_await (net::keep_running("talking to dns", [&] { return link_.run(config_.dns, identity); }) &&
            net::keep_running("saving routes", [&] { return saver_.run(); }) &&
            net::keep_running("looking after modules", [&] { return run_upkeep(); }));
}

void route_manager::stop() {
  stopping_ = true;
  link_.stop();
  saver_.stop();
  upkeep_.cancel();
}

void route_manager::use(const module_rules& rules) { settings_.rebase(rules, modules_); }

void route_manager::on_miss(route_key key) {
  const auto now = base::clock::now();
  const auto known = routes_.find(key);
  if (known == routes_.end()) {
    if (!absent_.contains(key, now)) pulls_.request(key, now);
    return;
  }
  // A parked module is in use again.
  if (known->second.is_linked() || !known->second.service.consume_use()) return;
  mark_refreshed(known->second, now);
  if (link_.connected()) pulls_.refresh(key);
}

share::attach_status route_manager::request_module(route_key key, const std::function<bool()>& may_ask) {
  if (const auto known = routes_.find(key); known != routes_.end()) {
    // A pick in shared memory that finds no host is not counted as use, so this request is.
    if (known->second.service.mark_used()) {
      on_miss(key);
      pump();
    }
    return known->second.shared && known->second.service.is_shared() ? share::attach_status::ok
                                                                     : share::attach_status::elsewhere;
  }
  if (absent_.contains(key, base::clock::now())) return share::attach_status::absent;
  if (pulls_.is_pending(key) || may_ask()) {
    on_miss(key);
    pump();
  }
  return share::attach_status::pulling;
}

// Call once the module has hosts. Until then callers wait instead of finding an empty module.
void route_manager::share_with_callers(known_route& route) {
  if (route.shared || routes_memory_ == nullptr || !route.service.is_shared()) return;
  route.shared = routes_memory_->add(route.service.key(), route.service.position());
}

asio::awaitable<void> route_manager::run_upkeep() {
  while (!stopping_) {
    upkeep_.expires_after(upkeep_interval);
    co_await upkeep_.async_wait(as_result);
    const auto now = base::clock::now();
    pulls_.expire(now - pull_lifetime);
    refresh_due(now);
    retire_unused(now);
    pump();
  }
}

// Refreshes only modules in use. A module that no caller asked for since its last answer leaves by_age_ until on_miss()
// reports a new use.
void route_manager::refresh_due(base::time_point now) {
  while (!by_age_.empty()) {
    auto& oldest = by_age_.front();
    // A route refreshed in this pass is not due again, even if update_timeout is 0.
    if (oldest.refreshed == now || oldest.refreshed + config_.update_timeout > now) return;
    if (!oldest.service.consume_use()) {
      by_age_.pop_front();
      continue;
    }
    mark_refreshed(oldest, now);
    if (link_.connected()) pulls_.refresh(oldest.service.key());
  }
}

void route_manager::track_empty(known_route& route, bool empty, base::time_point now) {
  if (empty == route.empty_hook.is_linked()) return;
  if (!empty) return route.empty_hook.unlink();
  route.emptied = now;
  empty_.push_back(route);
}

// Retires unused modules without hosts. A module that callers still ask for stays, so that they see its route as soon
// as it has hosts again.
void route_manager::retire_unused(base::time_point now) {
  if (now < next_retirement_) return;
  next_retirement_ = now + std::min<base::duration>(retire_interval, config_.keep_empty / 2);
  modules_.reclaim();
  const auto before = stats_.modules_retired.load();
  for (int visited = 0; visited < most_retired && !empty_.empty(); ++visited) {
    auto& oldest = empty_.front();
    if (oldest.emptied + config_.keep_empty > now) break;
    if (!oldest.is_linked() && oldest.service.is_parked() && oldest.service.is_idle()) {
      remove(oldest);
    } else {
      track_empty(oldest, false, now);
      track_empty(oldest, true, now);
    }
  }
  if (const auto retired = stats_.modules_retired - before; retired > 0)
    log::debug("agent.modules_retired", {{"modules", retired}});
}

void route_manager::remove(known_route& route) {
  auto& service = route.service;
  if (std::exchange(route.shared, false)) routes_memory_->remove(service.key());
  settings_.forget(service);
  modules_.remove(service);
  routes_.erase(service.key());
  ++stats_.modules_retired;
  update_stats();
}

void route_manager::update_stats() {
  stats_.modules = routes_.size();
  stats_.modules_with_settings = settings_.modules();
  stats_.refused_settings = settings_.refused();
}

void route_manager::mark_refreshed(known_route& route, base::time_point now) {
  route.refreshed = now;
  route.unlink();
  by_age_.push_back(route);
}

void route_manager::on_connected(endpoint) {
  ++connection_;
  last_poll_.reset();
  held_back_.clear();
  stats_.held_back = 0;
  std::vector<route_key> known;
  known.reserve(routes_.size());
  for (const auto& [key, route] : routes_) known.push_back(key);
  pulls_.restart(std::move(known));
}

void route_manager::on_server_report(const server_report& report) {
  if (!report.last_poll) return;
  last_poll_ = report.last_poll;
  std::erase_if(held_back_, [this](route_key key) {
    const auto known = routes_.find(key);
    if (known != routes_.end() && may_be_older(known->second)) return false;
    pulls_.refresh(key);
    return true;
  });
  stats_.held_back = held_back_.size();
  pump();
}

// True if this dns last polled the database before the current route arrived from another dns. Answers of one
// connection arrive in order. An answer of a dns that does not report its last poll is never considered older.
bool route_manager::may_be_older(const known_route& current) const {
  return last_poll_ && current.connection != connection_ && *last_poll_ < current.changed;
}

std::string route_manager::next_requests(std::size_t limit) {
  std::string frames;
  while (frames.size() < limit) {
    const auto key = pulls_.next();
    if (!key) break;
    const auto known = routes_.find(*key);
    if (known == routes_.end() && !pulls_.is_pending(*key)) continue;  // retired meanwhile
    const auto digest = known == routes_.end() ? 0 : known->second.digest;
    frames += proto::encode(proto::route_request{*key, digest, proto::our_features});
    ++stats_.pulls;
  }
  return frames;
}

bool route_manager::on_frame(const proto::frame& frame) {
  if (frame.id != static_cast<std::int32_t>(proto::message_id::get_route_response)) return true;
  proto::route_response route;
  if (!proto::decode(frame.body, route)) return false;
  on_route(std::move(route));
  return true;
}

void route_manager::on_route(proto::route_response&& route) {
  ++stats_.answers;
  const auto refused = drop_uncallable(route);
  stats_.refused_hosts += refused;
  const auto now = base::clock::now();
  const bool pending = pulls_.answered(route.key);
  auto* const known = route_for(route, pending, now);
  if (known == nullptr) return;
  if (known->is_linked()) mark_refreshed(*known, now);
  if (route.unchanged) {
    known->connection = connection_;
    return;
  }
  if (may_be_older(*known)) {
    held_back_.insert(route.key);
    stats_.held_back = held_back_.size();
    return;
  }
  known->connection = connection_;
  log_refused(*known, route, refused);
  // If all hosts of an answer are invalid, keep the last good route.
  if (refused == 0 || !route.hosts.empty()) apply(*known, route, now);
}

// Logs each change of the number once, not every answer.
void route_manager::log_refused(known_route& known, const proto::route_response& route, std::size_t hosts) {
  if (std::exchange(known.refused, hosts) == hosts || hosts == 0) return;
  log::warn("agent.hosts_refused", {{"modid", route.key.modid},
                                    {"cmdid", route.key.cmdid},
                                    {"hosts", hosts},
                                    {"reason", "invalid address or port"}});
}

// The module of the answer, created if it was requested and has hosts; else null.
route_manager::known_route* route_manager::route_for(const proto::route_response& answer, bool pending,
                                                     base::time_point now) {
  const auto known = routes_.find(answer.key);
  if (known != routes_.end()) return &known->second;
  const bool requested = pending || absent_.contains(answer.key, now);
  if (!requested) return nullptr;
  // "Unchanged" for a module unknown here means that dns does not know it either.
  if (answer.unchanged || answer.hosts.empty()) {
    absent_.remember(answer.key, now);
    return nullptr;
  }
  absent_.forget(answer.key);
  auto& added = add_route(answer.key);
  mark_refreshed(added, now);
  return &added;
}

route_manager::known_route& route_manager::add_route(route_key key) {
  auto& added = routes_.try_emplace(key, modules_.add(key, settings_.defaults().health)).first->second;
  added.service.use(settings_.defaults());
  update_stats();
  return added;
}

void route_manager::apply(known_route& known, const proto::route_response& route, base::time_point now) {
  const bool new_settings = apply_settings(known, route.settings);
  const auto delta = use_hosts(known, route, now);
  track_empty(known, route.hosts.empty(), now);
  share_with_callers(known);
  log_truncation(known, route);
  if (delta.empty() && !new_settings && known.digest == route.digest) return;
  known.changed = now;
  known.digest = route.digest;
  ++stats_.route_changes;
  save(route);
  log::debug("agent.route_changed", {{"modid", route.key.modid},
                                     {"cmdid", route.key.cmdid},
                                     {"hosts", route.hosts.size()},
                                     {"unused", known.unused}});
}

// Applies the hosts that this agent uses, all or a subset, to the module. The file keeps the whole route, so that the
// next start chooses from all hosts. REQUIRES: apply_settings() was called with the route's settings. If only the
// settings changed, dns sends the hosts too, because the digest covers both.
balance::host_delta route_manager::use_hosts(known_route& known, const proto::route_response& route,
                                             base::time_point now) {
  const auto used = hosts_to_use(route, settings_.settings(route.key).subset_size, config_.stable_id);
  stats_.unused_hosts += used.unused() - known.unused;
  known.unused = used.unused();
  return known.service.apply(used.hosts, now, counters_, used.extent);
}

// True if the module's settings changed. A newer dns may send settings that this agent does not know; they are refused.
bool route_manager::apply_settings(known_route& known, const base::module_settings& settings) {
  const auto outcome = settings_.apply(known.service, settings);
  update_stats();
  const auto key = known.service.key();
  if (!outcome.refused.empty())
    log::warn("agent.settings_refused", {{"modid", key.modid}, {"cmdid", key.cmdid}, {"reason", outcome.refused}});
  return outcome.changed;
}

// Saves neither refused settings nor their digest, so that the next process, perhaps a newer release, asks again.
void route_manager::save(const proto::route_response& route) {
  const bool empty = route.hosts.empty();
  if (!settings_.is_refused(route.key)) return saver_.save({route.key, make_record(route), empty});
  auto accepted = route;
  accepted.settings = settings_.settings(route.key);
  accepted.digest = 0;
  saver_.save({route.key, make_record(accepted), empty});
}

void route_manager::log_truncation(known_route& known, const proto::route_response& route) {
  if (route.total_hosts <= route.hosts.size() || known.truncation_logged) return;
  known.truncation_logged = true;
  log::warn("agent.route_cut", {{"modid", route.key.modid},
                                {"cmdid", route.key.cmdid},
                                {"hosts", route.hosts.size()},
                                {"total_hosts", route.total_hosts}});
}

}  // namespace lars::agent
