#include "agent/caller_hub.hpp"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include "agent/group_access.hpp"
#include "agent/load_intake.hpp"
#include "agent/verdict_log.hpp"
#include "base/endpoint.hpp"
#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"

namespace lars::agent {
namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using asio::posix::stream_descriptor;

using net::as_result;
constexpr auto epoch_length = 100ms;           // load sums are refreshed so often
constexpr auto accept_pause = 100ms;           // where there is no descriptor to be had
constexpr auto hello_deadline = 5s;            // for a connection to say what it is
constexpr std::uint64_t epochs_a_sweep = 100;  // everything is looked at once in ten seconds

log::throttle drops;

}  // namespace

caller_hub::caller_hub(asio::io_context& context, const agent_config& config, share::routes_memory* routes,
                       base::tick_meter meter, base::tick_rate rate, service_index& modules, call_counters* counters,
                       hub_links links)
    : context_(context),
      config_(config),
      routes_(routes),
      meter_(meter),
      rate_(rate),
      modules_(modules),
      links_(std::move(links)),
      sink_([this](std::span<const share::counted_calls> found) { take(found); }),
      strays_(
          modules, counters,
          {[this](route_key key, std::uint64_t asker) { return want(key, limits_.find(asker)); }, links_.dns_is_there}),
      listening_(context),
      accept_pause_(context),
      timer_(context),
      limits_(config, stats_),
      memory_(config.caller_bytes, callers_) {}

result<void> caller_hub::listen() {
  if (routes_ == nullptr) return {};
  auto made = share::listen_at(config_.run_dir.string(), config_.group);
  if (!made) return made.error();
  boost::system::error_code ignored;
  listening_.close(ignored);  // run_accept() goes on with the next one
  listening_.assign(made->release());
  socket_ = base::file_id_at(socket_path());
  if (config_.group.empty()) return {};
  if (const auto closed = closed_to_group_of(socket_path()); !closed.empty())
    log::warn("agent.run_dir_closed", {{"dir", closed.string()}, {"group", config_.group}});
  return {};
}

std::string caller_hub::socket_path() const { return config_.run_dir / share::socket_name; }

bool caller_hub::can_be_found() const {
  return routes_ == nullptr || (socket_ && base::file_id_at(socket_path()) == socket_);
}

asio::awaitable<void> caller_hub::run() {
  next_epoch_ = base::clock::now() + epoch_length;
  co_await (net::keep_running("publishing to callers", [this] { return run_ticks(); }) &&
            net::keep_running("accepting callers", [this] { return run_accept(); }));
  while (!callers_.empty()) erase(*callers_.begin());
  settle_strays(base::clock::now());
  strays_.finish();
  if (routes_ != nullptr) routes_->end();
}

void caller_hub::stop() {
  stopping_ = true;
  timer_.cancel();
  accept_pause_.cancel();
  if (listening_.is_open()) listening_.cancel();
}

// --- ticks -----------------------------------------------------------------------------------------------------------

asio::awaitable<void> caller_hub::run_ticks() {
  timer_.expires_after(config_.tick);
  while (!stopping_) {
    co_await timer_.async_wait(as_result);
    if (stopping_) break;
    // Rounds that were missed are not made up for.
    const auto now = base::clock::now();
    timer_.expires_at(std::max(timer_.expiry() + config_.tick, now));
    tick();
  }
}

void caller_hub::tick() {
  const auto now = base::clock::now();
  const bool epoch = now >= next_epoch_;
  // First: a change that is counted from here on is told of anew.
  if (routes_ != nullptr) routes_->next_tick();
  for (const auto& one : callers_) {
    if (!one->attached) {
      if (now - one->since() > hello_deadline) one->socket().cancel();
      continue;
    }
    // What one caller's counters lead to is no reason not to look at the others'.
    if (!net::fenced("reading a caller's counters", [&] { look(*one, epoch); })) one->socket().cancel();
  }
  finish_round(now);
  if (epoch) refresh_loads(now);
  if (routes_ != nullptr) routes_->beat(rate_.now());
}

void caller_hub::refresh_loads(base::time_point now) {
  next_epoch_ = std::max(next_epoch_ + epoch_length, now);
  ++epochs_;
  for (const auto& one : callers_) {
    if (!one->attached) continue;
    const auto share = one->counters.bytes() / sizeof(share::lane_slot) / epochs_a_sweep + 1;
    looking_at_ = one->account().id();
    one->counters.sweep(share, sink_);
  }
  finish_round(now);
  auto& active = modules_.active();
  active.take(now, [&](service_state& one) {
    if (one.refresh_load(now)) active.push(one);
  });
  settle_strays(now);
  if (epochs_ % epochs_a_sweep == 0) limits_.prune(now);
  if (routes_ == nullptr) return;
  routes_->next_epoch();
  if (epochs_ % epochs_a_sweep == 1 && rate_.counts_cycles()) {
    rate_ = meter_.rate();
    routes_->set_rate(rate_);
  }
  note_bytes();
}

void caller_hub::take(std::span<const share::counted_calls> found) {
  for (const auto& calls : found) {
    told_.picks += calls.picks;
    told_.ends += calls.ends;
    told_.failures += calls.failures;
    told_.abandoned += calls.dropped;
    // Each thread looks its module up once, and again when any module was removed since.
    auto*& owner = *calls.owner;
    if (owner == nullptr || *calls.owner_since != modules_.removals()) {
      owner = modules_.find(calls.key);
      *calls.owner_since = modules_.removals();
    }
    if (owner != nullptr)
      round_.add(*static_cast<service_state*>(owner), calls);
    else
      told_.ignored += strays_.wait(calls.key, calls_of(calls), looking_at_);
  }
}

void caller_hub::look(caller& at, bool whole) {
  const auto rejected = at.counters.rejected();
  looking_at_ = at.account().id();
  at.counters.look(whole, sink_);
  at.counters.look_at_loads([this, now = base::clock::now()](const share::told_load& told) { take(told, now); });
  stats_.rejected += at.counters.rejected() - rejected;
  if (!at.counters.sound()) at.socket().cancel();
}

void caller_hub::take(const share::told_load& told, base::time_point now) {
  switch (take_load(modules_.find(told.module), told.where, told.load, now)) {
    case load_intake::none:
      break;
    case load_intake::taken:
      ++stats_.loads_taken;
      break;
    case load_intake::ignored:
      ++stats_.loads_ignored;
      break;
    case load_intake::rejected:
      ++stats_.loads_rejected;
      break;
  }
}

void caller_hub::settle_strays(base::time_point now) {
  links_.strays([this](const stray_report& report) {
    // Of callers over UDP all share what one caller may have waiting.
    told_.ignored += modules_.find(report.module) != nullptr ? strays_.count(report.module, report.calls())
                                                             : strays_.wait(report.module, report.calls(), 0);
  });
  told_.ignored += strays_.settle(now);
  stats_.waiting = strays_.waiting();
  stats_.add(std::exchange(told_, {}));
}

void caller_hub::finish_round(base::time_point now) {
  round_.finish(now, [this](const call_round::judged_host& host) {
    if (!host.result.known) told_.ignored += strays_.count(host.of.key(), host.told);
    if (host.result.changed) log_verdict(host.of.key(), host.where, *host.result.changed);
    if (host.of.note_use()) links_.used(host.of.key());
  });
  stats_.add(std::exchange(told_, {}));
}

// --- callers ---------------------------------------------------------------------------------------------------------

asio::awaitable<void> caller_hub::run_accept() {
  while (routes_ != nullptr && !stopping_) {
    if (listening_.is_open()) {
      co_await listening_.async_wait(stream_descriptor::wait_read, as_result);
      if (stopping_ || accept_waiting()) continue;
    }
    // Whoever waits would wake us at once again; a socket that could not be made is tried by whoever called listen().
    accept_pause_.expires_after(accept_pause);
    co_await accept_pause_.async_wait(as_result);
  }
}

bool caller_hub::accept_waiting() {
  while (true) {
    share::descriptor socket(::accept4(listening_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED;
    // A few more than callers may be, so that those beyond are told.
    if (callers_.size() >= config_.max_callers + 64) {
      ++stats_.refused_full;
      continue;
    }
    auto peer = peer_of(socket.get());
    if (peer.gone) continue;
    const auto now = base::clock::now();
    auto* const account = limits_.open_connection(peer, now);
    if (account == nullptr) continue;
    const auto one = std::make_shared<caller>(context_, std::move(socket), std::move(peer), *account, now);
    callers_.insert(one);
    asio::co_spawn(context_, run_caller(one), net::note_end("serving a caller"));
    if (one->process().is_open()) asio::co_spawn(context_, run_watch(one), net::note_end("watching a caller"));
  }
}

void caller_hub::dismiss(caller& one) {
  one.gone = true;
  if (one.is_open()) one.socket().cancel();
}

asio::awaitable<void> caller_hub::run_watch(caller_ptr one) {
  const auto [failure] = co_await one->process().async_wait(stream_descriptor::wait_read, as_result);
  if (!failure) dismiss(*one);
}

// Whatever ends it, an exception of ours included, the caller is given up.
asio::awaitable<void> caller_hub::run_caller(caller_ptr one) {
  bool rubbish = false;
  try {
    rubbish = co_await hear(one);
  } catch (...) {
    net::note_exception("serving a caller", std::current_exception());
  }
  if (!callers_.contains(one)) co_return;
  if (rubbish || !one->counters.sound()) {
    ++stats_.dropped;
    if (log::admit(drops, "agent.caller_dropped"))
      log::warn("agent.caller_dropped", {{"pid", one->pid()}, {"why", rubbish ? "rubbish" : "counters"}});
  }
  erase(one);
}

void caller_hub::erase(caller_ptr one) {
  callers_.erase(one);
  leave(*one);
  one->close();
  one->account().close_connection(base::clock::now());
}

// Takes its messages until it leaves or is dismissed. True when what it sent was none.
asio::awaitable<bool> caller_hub::hear(caller_ptr one) {
  bool open = true;
  // A wait that was not yet begun cannot be cancelled: who leaves says so.
  while (open && !stopping_ && !one->gone) {
    const auto [failure] = co_await one->socket().async_wait(stream_descriptor::wait_read, as_result);
    if (failure) break;
    share::attach_message message;
    std::vector<share::descriptor> files;
    switch (share::receive_message(one->socket().native_handle(), message, files)) {
      case share::received::message:
        open = on_message(*one, message, std::move(files));
        break;
      case share::received::nothing:
        break;
      case share::received::rubbish:
        co_return true;
      case share::received::closed:
        open = false;
        break;
    }
  }
  co_return false;
}

bool caller_hub::on_message(caller& from, const share::attach_message& message, std::vector<share::descriptor> files) {
  if (message.kind == share::attach_kind::hello && !from.attached) {
    if (message.layout == balance::layout_version) return on_hello(from, std::move(files));
    limits_.note_other_layout(from, message.layout);
    share::attach_message answer{.kind = share::attach_kind::welcome, .status = share::attach_status::other_layout};
    share::send_message(from.socket().native_handle(), answer);
    return false;
  }
  if (!from.attached) return false;
  if (message.kind == share::attach_kind::more) return on_more(from, message);
  if (message.kind == share::attach_kind::bring) return on_bring(from, message, std::move(files));
  if (message.kind != share::attach_kind::want) return false;
  share::attach_message answer{.kind = share::attach_kind::answer, .ticket = message.ticket};
  answer.status = want({message.modid, message.cmdid}, &from.account());
  return share::send_message(from.socket().native_handle(), answer);
}

share::attach_status caller_hub::want(route_key key, caller_account* asker) {
  const std::function<bool()> may_ask = [this, asker] { return limits_.may_ask(asker); };
  return links_.want(key, may_ask);
}

bool caller_hub::on_hello(caller& from, std::vector<share::descriptor> files) {
  share::attach_message answer{.kind = share::attach_kind::welcome};
  const bool returns = !files.empty();
  const auto now = base::clock::now();
  memory_grant granted{.status = share::attach_status::full};
  if (limits_.may_attach(from)) granted = memory_.admit(from, std::move(files), now);
  limits_.note_grant(from, granted);
  answer.status = granted.status;
  const bool taken = answer.status == share::attach_status::ok;
  if (taken) granted.files.insert(granted.files.begin(), routes_->file());
  if (!share::send_message(from.socket().native_handle(), answer, granted.files) || !taken) return false;
  from.attached = true;
  ++stats_.attached;
  if (returns) ++stats_.returned;
  note_bytes();
  if (returns) {
    take_over(from, now);
    from.counters.skip_loads();  // what hosts said then is old
  }
  // What was counted while there was no agent.
  look(from, true);
  finish_round(now);
  log::debug("agent.caller_attached", {{"pid", from.pid()}, {"segments", from.counters.segments()}});
  return true;
}

// The caller has these counters from an agent before us, or from us over a connection that it gave up: that one ends
// without what is under way being given back. Calls that began there are under way here from now on.
void caller_hub::take_over(caller& from, base::time_point now) {
  for (const auto& other : callers_) {
    if (other.get() == &from || !other->attached || other->counters.name() != from.counters.name()) continue;
    other->attached = false;
    caller_memory::release(*other, now);
    caller_memory::reclaim(from);
    dismiss(*other);
    note_bytes();
    return;
  }
  caller_memory::reclaim(from);
  from.counters.for_each_under_way([&](route_key key, endpoint where, std::uint64_t calls) {
    host_calls begun{.where = where, .picks = calls};
    if (auto* const to = modules_.find(key))
      to->take(begun, now);
    else
      strays_.wait(key, begun, from.account().id());
  });
}

bool caller_hub::on_more(caller& from, const share::attach_message& message) {
  share::attach_message answer{.kind = share::attach_kind::room, .ticket = message.ticket};
  const auto granted = memory_.add_segment(from, message.bytes, base::clock::now());
  limits_.note_grant(from, granted);
  answer.status = granted.status;
  answer.bytes = granted.bytes;
  note_bytes();
  return share::send_message(from.socket().native_handle(), answer, granted.files);
}

bool caller_hub::on_bring(caller& from, const share::attach_message& message, std::vector<share::descriptor> files) {
  share::attach_message answer{.kind = share::attach_kind::adopted, .ticket = message.ticket};
  const auto now = base::clock::now();
  const auto granted = memory_.adopt(from, std::move(files), now);
  limits_.note_grant(from, granted);
  if (granted.status == share::attach_status::refused) return false;
  answer.status = granted.status;
  note_bytes();
  const bool told = share::send_message(from.socket().native_handle(), answer, granted.files);
  if (granted.status != share::attach_status::ok) return told;
  look(from, true);
  finish_round(now);
  return told;
}

// The last look at its counters; what was under way is under way no more.
void caller_hub::leave(caller& one) {
  if (!std::exchange(one.attached, false)) return;
  const auto now = base::clock::now();
  caller_memory::release(one, now);
  look(one, true);
  if (one.counters.sound()) one.counters.look_at_all(sink_);
  finish_round(now);
  one.counters.for_each_under_way([&](route_key key, endpoint where, std::uint64_t calls) {
    stats_.given_back += calls;
    if (auto* const from = modules_.find(key)) from->give_back(where, calls, now);
  });
  note_bytes();
}

void caller_hub::note_bytes() {
  std::uint64_t bytes = 0;
  std::uint64_t attached = 0;
  for (const auto& one : callers_) {
    bytes += one->counters.bytes();
    attached += one->attached ? 1 : 0;
  }
  stats_.caller_bytes = bytes;
  stats_.callers = attached;
  if (routes_ != nullptr) stats_.routes_bytes = routes_->used();
}

}  // namespace lars::agent
