#include "agent/callers/caller_acceptor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include "agent/local/group_access.hpp"
#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"

namespace lars::agent {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;
using net::as_result;
using namespace std::chrono_literals;

constexpr auto accept_pause = 100ms;         // while no descriptor is free
constexpr auto hello_deadline = 5s;          // for the first message of a connection
constexpr std::size_t answered_excess = 64;  // connections beyond `max_callers` that still get the answer `full`

log::throttle drops;

}  // namespace

caller_acceptor::caller_acceptor(asio::io_context& context, const agent_config& config,
                                 const share::routes_memory* routes, caller_limits& limits,
                                 counter_collector& collector, caller_stats& stats, module_request request,
                                 caller_calls& calls)
    : context_(context),
      config_(config),
      routes_(routes),
      limits_(limits),
      collector_(collector),
      stats_(stats),
      request_(std::move(request)),
      calls_(calls),
      listening_(context),
      pause_(context),
      memory_(config.caller_bytes, callers_) {}

result<void> caller_acceptor::listen() {
  if (routes_ == nullptr) return {};
  auto created = share::listen_at(config_.run_dir.string(), config_.group);
  if (!created) return created.error();
  boost::system::error_code ignored;
  listening_.close(ignored);  // run() continues with the new socket
  listening_.assign(created->release());
  socket_ = base::file_id_at(socket_path());
  if (config_.group.empty()) return {};
  if (const auto closed = closed_to_group_of(socket_path()); !closed.empty())
    log::warn("agent.run_dir_closed", {{"dir", closed.string()}, {"group", config_.group}});
  return {};
}

std::string caller_acceptor::socket_path() const { return config_.run_dir / share::socket_name; }

bool caller_acceptor::is_reachable() const {
  return routes_ == nullptr || (socket_ && base::file_id_at(socket_path()) == socket_);
}

asio::awaitable<void> caller_acceptor::run() {
  while (routes_ != nullptr && !stopping_) {
    if (listening_.is_open()) {
      co_await listening_.async_wait(stream_descriptor::wait_read, as_result);
      if (stopping_ || accept_waiting()) continue;
    }
    // Pause, because a waiting connection would wake this loop at once. If there is no socket, run_dir_keeper calls
    // listen() again.
    pause_.expires_after(accept_pause);
    co_await pause_.async_wait(as_result);
  }
}

void caller_acceptor::stop() {
  stopping_ = true;
  pause_.cancel();
  if (listening_.is_open()) listening_.cancel();
}

bool caller_acceptor::accept_waiting() {
  while (true) {
    auto socket = calls_.accept(listening_.native_handle());
    if (!socket) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED;
    if (callers_.size() >= config_.max_callers + answered_excess) {
      ++stats_.refused_full;
      continue;
    }
    auto peer = calls_.identify(socket.get());
    if (peer.gone) continue;
    const auto now = base::clock::now();
    auto* const account = limits_.open_connection(peer, now);
    if (account == nullptr) continue;
    std::shared_ptr<caller> accepted;
    // The event loop may be unable to watch another descriptor. Other connections are still served.
    if (!net::fenced("accepting a caller", [&] {
          accepted = std::make_shared<caller>(context_, std::move(socket), std::move(peer), *account, now);
        })) {
      account->close_connection(now);
      continue;
    }
    callers_.insert(accepted);
    asio::co_spawn(context_, run_caller(accepted), net::exception_logger("serving a caller"));
    if (accepted->process().is_open())
      asio::co_spawn(context_, run_watch(accepted), net::exception_logger("watching a caller"));
  }
}

void caller_acceptor::end_if_silent(caller& peer, base::time_point now) {
  if (!peer.attached && now - peer.since() > hello_deadline) peer.socket().cancel();
}

void caller_acceptor::dismiss(caller& peer) {
  peer.gone = true;
  if (peer.is_open()) peer.socket().cancel();
}

asio::awaitable<void> caller_acceptor::run_watch(caller_ptr peer) {
  const auto [failure] = co_await peer->process().async_wait(stream_descriptor::wait_read, as_result);
  if (!failure) dismiss(*peer);
}

// Erases the caller however reading ends, also after an exception.
asio::awaitable<void> caller_acceptor::run_caller(caller_ptr peer) {
  bool malformed = false;
  try {
    malformed = co_await read_messages(peer);
  } catch (...) {
    net::log_exception("serving a caller", std::current_exception());
  }
  if (!callers_.contains(peer)) co_return;
  if (malformed || !peer->counters.sound()) {
    ++stats_.dropped;
    if (log::admit(drops, "agent.caller_dropped"))
      log::warn("agent.caller_dropped", {{"pid", peer->pid()}, {"why", malformed ? "rubbish" : "counters"}});
  }
  erase(peer);
}

// Reads until the caller disconnects or is dismissed. True if it sent a malformed message.
asio::awaitable<bool> caller_acceptor::read_messages(caller_ptr peer) {
  bool open = true;
  // dismiss() cannot cancel a wait that has not begun; then `gone` ends the loop.
  while (open && !stopping_ && !peer->gone) {
    const auto [failure] = co_await peer->socket().async_wait(stream_descriptor::wait_read, as_result);
    if (failure) break;
    share::attach_message message;
    std::vector<share::descriptor> files;
    switch (calls_.receive(peer->socket().native_handle(), message, files)) {
      case share::received::message:
        open = on_message(*peer, message, std::move(files));
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

bool caller_acceptor::on_message(caller& from, const share::attach_message& message,
                                 std::vector<share::descriptor> files) {
  if (message.kind == share::attach_kind::hello && !from.attached) {
    if (balance::is_readable_layout(message.layout)) return on_hello(from, std::move(files));
    limits_.record_other_layout(from, message.layout);
    share::attach_message answer{.kind = share::attach_kind::welcome, .status = share::attach_status::other_layout};
    calls_.send(from.socket().native_handle(), answer, {});
    return false;
  }
  if (!from.attached) return false;
  if (message.kind == share::attach_kind::more) return on_more(from, message);
  if (message.kind == share::attach_kind::bring) return on_bring(from, message, std::move(files));
  if (message.kind != share::attach_kind::want) return false;
  share::attach_message answer{.kind = share::attach_kind::answer, .ticket = message.ticket};
  answer.status = request_({message.modid, message.cmdid}, &from.account());
  return calls_.send(from.socket().native_handle(), answer, {});
}

bool caller_acceptor::on_hello(caller& from, std::vector<share::descriptor> files) {
  share::attach_message answer{.kind = share::attach_kind::welcome};
  const bool returns = !files.empty();
  const auto now = base::clock::now();
  memory_grant granted{.status = share::attach_status::full};
  if (limits_.may_attach(from)) granted = memory_.admit(from, std::move(files), now);
  limits_.record_grant(from, granted);
  answer.status = granted.status;
  const bool accepted = answer.status == share::attach_status::ok;
  if (accepted) granted.files.insert(granted.files.begin(), routes_->file());
  if (!calls_.send(from.socket().native_handle(), answer, granted.files) || !accepted) return false;
  from.attached = true;
  ++stats_.attached;
  if (returns) ++stats_.returned;
  update_stats();
  if (returns) {
    reuse(from, now);
    from.counters.skip_loads();  // a previous agent received these load reports
  }
  collect(from);  // calls counted while there was no agent
  log::debug("agent.caller_attached", {{"pid", from.pid()}, {"segments", from.counters.segments()}});
  return true;
}

// The caller brings counters of a previous agent, or of another connection to this agent that it gave up. In the second
// case, drops the old connection but keeps its in-flight calls.
void caller_acceptor::reuse(caller& from, base::time_point now) {
  for (const auto& other : callers_) {
    if (other.get() == &from || !other->attached || other->counters.name() != from.counters.name()) continue;
    other->attached = false;
    caller_memory::release(*other, now);
    caller_memory::reclaim(from);
    dismiss(*other);
    update_stats();
    return;
  }
  caller_memory::reclaim(from);
  collector_.adopt_calls(from, now);
}

bool caller_acceptor::on_more(caller& from, const share::attach_message& message) {
  share::attach_message answer{.kind = share::attach_kind::room, .ticket = message.ticket};
  const auto granted = memory_.add_segment(from, message.bytes, base::clock::now());
  limits_.record_grant(from, granted);
  answer.status = granted.status;
  answer.bytes = granted.bytes;
  update_stats();
  return calls_.send(from.socket().native_handle(), answer, granted.files);
}

bool caller_acceptor::on_bring(caller& from, const share::attach_message& message,
                               std::vector<share::descriptor> files) {
  share::attach_message answer{.kind = share::attach_kind::adopted, .ticket = message.ticket};
  const auto granted = memory_.adopt(from, std::move(files), base::clock::now());
  limits_.record_grant(from, granted);
  if (granted.status == share::attach_status::refused) return false;
  answer.status = granted.status;
  update_stats();
  const bool sent = calls_.send(from.socket().native_handle(), answer, granted.files);
  if (granted.status == share::attach_status::ok) collect(from);
  return sent;
}

void caller_acceptor::collect(caller& from) {
  const auto now = base::clock::now();
  if (!collector_.scan(from, true, now)) from.socket().cancel();
  collector_.finish_round(now);
}

// Reads the caller's counters for the last time.
void caller_acceptor::detach(caller& peer) {
  if (!std::exchange(peer.attached, false)) return;
  const auto now = base::clock::now();
  caller_memory::release(peer, now);
  collector_.scan_all(peer, now);
  collector_.finish_round(now);
  collector_.release_in_flight(peer, now);
  update_stats();
}

void caller_acceptor::erase(caller_ptr peer) {
  callers_.erase(peer);
  detach(*peer);
  peer->close();
  peer->account().close_connection(base::clock::now());
}

void caller_acceptor::close_all() {
  while (!callers_.empty()) erase(*callers_.begin());
}

void caller_acceptor::update_stats() {
  std::uint64_t bytes = 0;
  std::uint64_t attached = 0;
  for (const auto& peer : callers_) {
    bytes += peer->counters.bytes();
    attached += peer->attached ? 1 : 0;
  }
  stats_.caller_bytes = bytes;
  stats_.callers = attached;
  if (routes_ != nullptr) stats_.routes_bytes = routes_->used();
}

}  // namespace lars::agent
