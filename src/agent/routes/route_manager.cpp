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
constexpr auto pull_lifetime = 5s;  // callers give up long before
constexpr std::size_t most_pulls = 1u << 16;
constexpr base::duration retire_interval = 2s;  // between two batches of modules that are retired
constexpr int most_retired = 4096;              // in a batch: a millisecond or two

// What another program says is checked where it enters. Takes the hosts out that nobody can call, and texts that are
// none; returns how many hosts.
std::size_t drop_uncallable(proto::route_response& route) {
  const auto dropped =
      std::erase_if(route.hosts, [](const proto::routed_host& one) { return !base::is_callable(one.target.where); });
  route.total_hosts -= std::min(route.total_hosts, static_cast<std::uint32_t>(dropped));
  for (auto& one : route.hosts)
    if (!base::is_printable_utf8(one.zone)) one.zone.clear();
  return dropped;
}

}  // namespace

route_manager::route_manager(asio::io_context& context, const agent_config& config, net::blocking_pool& pool,
                             route_file& file, call_counters* counters, const route_memory& memory)
    : config_(config),
      counters_(counters),
      routes_memory_(memory.routes()),
      settings_({config.policy, config.health}),
      modules_(memory.shared(), memory.spare()),
      absent_(base::clock::now()),
      pulls_(most_pulls),
      saver_(context, pool, file, stats_.unsaved_routes),
      link_(context, *this, {"dns", false, config.moves}),
      upkeep_(context) {}

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
  touch(known, now);
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
    if (!absent_.contains(key, now)) pulls_.want(key, now);
    return;
  }
  // A module that nobody used for a while is in use again.
  if (known->second.is_linked() || !known->second.of.take_use()) return;
  touch(known->second, now);
  if (link_.connected()) pulls_.refresh(key);
}

share::attach_status route_manager::want(route_key key, const std::function<bool()>& may_ask) {
  if (const auto known = routes_.find(key); known != routes_.end()) {
    // A pick that finds no host is not counted: this question is the module's use.
    if (known->second.of.note_use()) {
      on_miss(key);
      pump();
    }
    return known->second.shared && known->second.of.is_shared() ? share::attach_status::ok
                                                                : share::attach_status::elsewhere;
  }
  if (absent_.contains(key, base::clock::now())) return share::attach_status::absent;
  if (pulls_.is_wanted(key) || may_ask()) {
    on_miss(key);
    pump();
  }
  return share::attach_status::pulling;
}

// Once it has hosts: until then callers wait for it rather than find it empty.
void route_manager::share_with_callers(known_route& route) {
  if (route.shared || routes_memory_ == nullptr || !route.of.is_shared()) return;
  route.shared = routes_memory_->add(route.of.key(), route.of.position());
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

// Work goes with what is used: a module that nobody asked for since its last answer leaves the order until a UDP thread
// says that somebody does.
void route_manager::refresh_due(base::time_point now) {
  while (!by_age_.empty()) {
    auto& oldest = by_age_.front();
    // What was touched in this very round is not due again, even where update_timeout is 0.
    if (oldest.refreshed == now || oldest.refreshed + config_.update_timeout > now) return;
    if (!oldest.of.take_use()) {
      by_age_.pop_front();
      continue;
    }
    touch(oldest, now);
    if (link_.connected()) pulls_.refresh(oldest.of.key());
  }
}

void route_manager::track_empty(known_route& route, bool empty, base::time_point now) {
  if (empty == route.among_empty.is_linked()) return;
  if (!empty) return route.among_empty.unlink();
  route.emptied = now;
  empty_.push_back(route);
}

// Retires modules whose hosts are gone and that nobody asks for. One that callers ask for stays, so that its route is
// here at once when it comes back.
void route_manager::retire_unused(base::time_point now) {
  if (now < next_retirement_) return;
  next_retirement_ = now + std::min<base::duration>(retire_interval, config_.keep_empty / 2);
  modules_.reclaim();
  const auto before = stats_.modules_retired.load();
  for (int looks = 0; looks < most_retired && !empty_.empty(); ++looks) {
    auto& oldest = empty_.front();
    if (oldest.emptied + config_.keep_empty > now) break;
    if (!oldest.is_linked() && oldest.of.is_parked() && oldest.of.is_idle()) {
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
  auto& one = route.of;
  if (std::exchange(route.shared, false)) routes_memory_->remove(one.key());
  settings_.forget(one);
  modules_.remove(one);
  routes_.erase(one.key());
  ++stats_.modules_retired;
  update_stats();
}

void route_manager::update_stats() {
  stats_.modules = routes_.size();
  stats_.modules_with_settings = settings_.modules();
  stats_.refused_settings = settings_.refused();
}

void route_manager::touch(known_route& route, base::time_point now) {
  route.refreshed = now;
  route.unlink();
  by_age_.push_back(route);
}

void route_manager::on_connected(endpoint) {
  ++connection_;
  look_.reset();
  held_on_.clear();
  stats_.held_on = 0;
  std::vector<route_key> known;
  known.reserve(routes_.size());
  for (const auto& [key, route] : routes_) known.push_back(key);
  pulls_.restart(std::move(known));
}

void route_manager::on_told(const server_report& report) {
  if (!report.look) return;
  look_ = report.look;
  std::erase_if(held_on_, [this](route_key key) {
    const auto known = routes_.find(key);
    if (known != routes_.end() && may_be_older(known->second)) return false;
    pulls_.refresh(key);
    return true;
  });
  stats_.held_on = held_on_.size();
  pump();
}

// A dns that is behind tells what was, not what is: it has not looked at the database since what we have came from
// another. Over one connection things come in their order. What a dns that tells no time says, counts.
bool route_manager::may_be_older(const known_route& held) const {
  return look_ && held.from != connection_ && *look_ < held.changed;
}

std::string route_manager::take_requests(std::size_t limit) {
  std::string frames;
  while (frames.size() < limit) {
    const auto key = pulls_.next();
    if (!key) break;
    const auto known = routes_.find(*key);
    if (known == routes_.end() && !pulls_.is_wanted(*key)) continue;  // retired meanwhile
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
  const bool wanted = pulls_.answered(route.key);
  auto* const known = route_for(route, wanted, now);
  if (known == nullptr) return;
  if (known->is_linked()) touch(*known, now);
  if (route.unchanged) {
    known->from = connection_;
    return;
  }
  if (may_be_older(*known)) {
    held_on_.insert(route.key);
    stats_.held_on = held_on_.size();
    return;
  }
  known->from = connection_;
  note_refused(*known, route, refused);
  // Of an answer whose every host is wrong nothing can be used: the last good route stays.
  if (refused == 0 || !route.hosts.empty()) apply(*known, route, now);
}

// Once a change, not at each answer.
void route_manager::note_refused(known_route& of, const proto::route_response& route, std::size_t hosts) {
  if (std::exchange(of.refused, hosts) == hosts || hosts == 0) return;
  log::warn("agent.hosts_refused", {{"modid", route.key.modid},
                                    {"cmdid", route.key.cmdid},
                                    {"hosts", hosts},
                                    {"reason", "nobody can be called at their address and port"}});
}

// The module that the answer is about; null where there is none and the answer makes none.
route_manager::known_route* route_manager::route_for(const proto::route_response& answer, bool wanted,
                                                     base::time_point now) {
  const auto known = routes_.find(answer.key);
  if (known != routes_.end()) return &known->second;
  const bool asked_for = wanted || absent_.contains(answer.key, now);
  if (!asked_for) return nullptr;
  // Unchanged: dns knows nothing of the module, and neither does this agent.
  if (answer.unchanged || answer.hosts.empty()) {
    absent_.remember(answer.key, now);
    return nullptr;
  }
  absent_.forget(answer.key);
  auto& added = add_route(answer.key);
  touch(added, now);
  return &added;
}

route_manager::known_route& route_manager::add_route(route_key key) {
  auto& added = routes_.try_emplace(key, modules_.add(key, settings_.usual().health)).first->second;
  added.of.use(settings_.usual());
  update_stats();
  return added;
}

void route_manager::apply(known_route& to, const proto::route_response& route, base::time_point now) {
  const bool obeyed = apply_settings(to, route.settings);
  const auto delta = use_hosts(to, route, now);
  track_empty(to, route.hosts.empty(), now);
  share_with_callers(to);
  log_cut(to, route);
  if (delta.empty() && !obeyed && to.digest == route.digest) return;
  to.changed = now;
  to.digest = route.digest;
  ++stats_.route_changes;
  save(route);
  log::debug("agent.route_changed", {{"modid", route.key.modid},
                                     {"cmdid", route.key.cmdid},
                                     {"hosts", route.hosts.size()},
                                     {"unused", to.unused},
                                     {"added", delta.added.size()},
                                     {"removed", delta.removed.size()},
                                     {"changed", delta.changed.size()}});
}

// Gives the module those of the route's hosts that this agent uses. The route itself is what is saved, so that the next
// start chooses from all hosts. REQUIRES: the module obeys the route's settings. A change of settings alone comes with
// the hosts too, as it changes the digest.
balance::host_delta route_manager::use_hosts(known_route& to, const proto::route_response& route,
                                             base::time_point now) {
  const auto used = hosts_to_use(route, settings_.settings(route.key).subset_size, config_.stable_id);
  stats_.unused_hosts += used.unused() - to.unused;
  to.unused = used.unused();
  return to.of.apply(used.hosts, now, counters_, used.of);
}

// True when the module obeys other settings than before. A dns that is newer may tell what means nothing here.
bool route_manager::apply_settings(known_route& to, const base::module_settings& settings) {
  const auto outcome = settings_.apply(to.of, settings);
  update_stats();
  const auto key = to.of.key();
  if (!outcome.refused.empty())
    log::warn("agent.settings_refused", {{"modid", key.modid}, {"cmdid", key.cmdid}, {"reason", outcome.refused}});
  return outcome.changed;
}

// What was refused is not saved, and neither is the digest: the next process, maybe of another release, asks again.
void route_manager::save(const proto::route_response& route) {
  const bool empty = route.hosts.empty();
  if (!settings_.is_refused(route.key)) return saver_.save({route.key, make_record(route), empty});
  auto good = route;
  good.settings = settings_.settings(route.key);
  good.digest = 0;
  saver_.save({route.key, make_record(good), empty});
}

void route_manager::log_cut(known_route& of, const proto::route_response& route) {
  if (route.total_hosts <= route.hosts.size() || of.cut) return;
  of.cut = true;
  log::warn("agent.route_cut", {{"modid", route.key.modid},
                                {"cmdid", route.key.cmdid},
                                {"hosts", route.hosts.size()},
                                {"total_hosts", route.total_hosts}});
}

}  // namespace lars::agent
