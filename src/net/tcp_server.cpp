#include "net/tcp_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"
#include "net/timer.hpp"

namespace lars::net {
namespace {

constexpr std::chrono::milliseconds evict_pause{2};  // for the evicted connection to close
constexpr std::chrono::milliseconds failure_pause{100};
constexpr std::chrono::seconds failure_silence{10};

}  // namespace

// Completion handler of a connection. It may run or be destroyed with its context, after the server.
struct tcp_server::session_end {
  std::shared_ptr<tcp_server_stats> stats;
  std::shared_ptr<tcp_connection> connection;
  asio::io_context& home;
  std::weak_ptr<silent_log> silent;

  // An exception of the handler ends only its own connection.
  void operator()(const std::exception_ptr& failure, errc why) const {
    --stats->open;
    if (failure) return log_exception("serving a connection", failure);
    stats->count_closed(why);
    if (why != errc::peer_closed || connection->proven()) return;
    ++stats->silent;
    silent_log::note_from_anywhere(home, silent, connection->remote().ip);
  }
};

tcp_server::tcp_server(io_pool& pool, tcp_server_config config, network& from)
    : pool_(pool), config_(config), network_(from), stats_(std::make_shared<tcp_server_stats>()) {}

result<void> tcp_server::listen() {
  auto opened = network_.listen(pool_.context(0), config_.where);
  if (!opened) return opened.error();
  listener_ = *std::move(opened);
  return {};
}

std::uint32_t tcp_server::port() const { return listener_->port(); }

void tcp_server::start(serve handler) {
  silent_ = std::make_shared<silent_log>(pool_.context(0), port());
  asio::co_spawn(
      pool_.context(0),
      keep_running("accepting connections", [this, handler = std::move(handler)] { return run_accept(handler); }),
      exception_logger("accepting connections"));
}

void tcp_server::stop() {
  post(pool_.context(0), "closing a listener", [this] {
    if (listener_) listener_->close();
    if (silent_) silent_->flush();
  });
}

asio::awaitable<void> tcp_server::run_accept(serve handler) {
  while (listener_->is_open()) {
    const std::size_t context = next_context_++ % pool_.size();
    auto [failure, stream] = co_await listener_->accept(pool_.context(context));
    if (failure == asio::error::operation_aborted) co_return;
    if (!failure) {
      accept(std::move(stream), context, handler);
      continue;
    }
    log_failure(failure.message());
    // Probably out of file descriptors. The connection stays in the kernel's queue, so retrying at once would spin.
    timer pause(pool_.context(0), evict_silent() ? evict_pause : failure_pause);
    co_await pause.async_wait(as_result);
  }
}

void tcp_server::accept(std::unique_ptr<byte_stream> stream, std::size_t context, const serve& handler) {
  if (stats_->open >= config_.max_connections && !evict_silent()) {
    ++stats_->refused;
    if (log::admit(refusals_, "net.connection_refused"))
      log::warn("net.connection_refused", {{"port", port()}, {"limit", config_.max_connections}});
    return;  // the stream closes when it goes out of scope
  }
  ++stats_->open;
  ++stats_->accepted;
  auto connection = std::make_shared<tcp_connection>(std::move(stream), config_.limits);
  newcomers_.add(connection, base::clock::now());
  asio::co_spawn(pool_.context(context), handler(connection, context),
                 session_end{stats_, connection, pool_.context(0), silent_});
}

// Logs at most once per `failure_silence`, because peers can keep the failures going.
void tcp_server::log_failure(const std::string& reason) {
  ++stats_->accept_failures;
  const auto now = base::clock::now();
  if (now - last_failure_log_ < failure_silence) return;
  last_failure_log_ = now;
  log::error("net.accept_failed", {{"port", port()}, {"reason", reason}});
}

// Closes the oldest connection without a valid message. False if there is none or all of them are new.
bool tcp_server::evict_silent() {
  const auto silent = newcomers_.take_oldest(base::clock::now());
  if (!silent) return false;
  silent->close_from_anywhere();
  ++stats_->evicted;
  silent_->note(silent->remote().ip);
  return true;
}

}  // namespace lars::net
