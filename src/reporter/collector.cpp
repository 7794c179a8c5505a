#include "reporter/collector.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"

namespace lars::reporter {
namespace {

namespace asio = boost::asio;
using net::as_result;

constexpr std::size_t rows_a_flush = 25'000;  // some tenths of a second of the database's time
// Batches of many agents share a transaction; each waits no longer than this for company.
constexpr std::chrono::milliseconds linger{10};
constexpr std::size_t most_arriving = 8u << 20;  // posted to context 0, of all connections; each adds one read at most
constexpr std::size_t refused_bytes = 32u << 20;
constexpr std::size_t peer_window = 1u << 20;  // what a peer that is asked to send again may send at once

std::size_t size_of(const std::vector<batch>& batches) {
  std::size_t bytes = 0;
  for (const auto& one : batches) bytes += one.size();
  return bytes;
}

// Their agents connect anew and send again what was not acknowledged.
void close_senders(const std::vector<batch>& batches) {
  for (const auto& one : batches)
    if (one.from) one.from->close_from_anywhere();
}

}  // namespace

collector::collector(asio::any_io_executor context, const reporter_config& config, const open_store& open,
                     reporter_stats& stats)
    : context_(std::move(context)),
      inbox_(config.writers, config.queue_bytes),
      stats_(stats),
      refused_(config.refused_path, refused_bytes) {
  for (std::size_t i = 0; i < config.writers; ++i)
    lanes_.push_back(std::make_unique<lane>(context_, open(), refused_, clocks_, stats));
}

void collector::start() {
  running_ = lanes_.size();
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    asio::co_spawn(context_, run(i), [self = shared_from_this()](const std::exception_ptr& failure) {
      net::note_exception("writing results", failure);
      if (--self->running_ == 0) self->close_all();
    });
}

asio::awaitable<void> collector::run(std::size_t queue) {
  while (true) {
    co_await wait_for_batches(queue);
    if (inbox_.empty(queue)) co_return;
    const auto batches = inbox_.take(queue, rows_a_flush);
    bool written = true;
    try {
      written = co_await lanes_[queue]->out.flush(batches);
    } catch (...) {
      net::note_exception("writing results", std::current_exception());
      close_senders(batches);
    }
    inbox_.done(size_of(batches));
    note_inbox();
    if (!written) co_return;
    tell_waiting();
  }
}

// Returns with nothing when it is time to stop.
asio::awaitable<void> collector::wait_for_batches(std::size_t queue) {
  auto& wake = lanes_[queue]->wake;
  while (inbox_.empty(queue) && !stopping_) co_await wake.async_wait(as_result);
  if (stopping_) co_return;
  asio::steady_timer company(context_, linger);
  co_await company.async_wait(as_result);
}

void collector::accept(std::vector<batch> batches) {
  const std::size_t bytes = size_of(batches);
  const bool crowded = arriving_bytes_.fetch_add(bytes) + bytes > most_arriving;
  const auto held = crowded ? batches.front().from : nullptr;
  if (held) held->hold_reads();
  net::post(context_, "taking batches in",
            [self = shared_from_this(), batches = std::move(batches), bytes, held]() mutable {
              self->arriving_bytes_ -= bytes;
              if (self->stopping_) return;
              bool goes_on = true;
              for (auto& one : batches) goes_on = self->take(std::move(one)) && goes_on;
              self->note_inbox();
              if (held && goes_on) held->resume_reads_from_anywhere();
            });
}

// False when the peer, an old agent, is not to be read any more until there is room.
bool collector::take(batch&& one) {
  const std::size_t queue = inbox_.queue_of(one);
  const bool tracked = one.report.is_tracked();
  const auto from = one.from;
  const bool away = inbox_.offer(std::move(one)) == inbox::answer::turned_away;
  if (away) ++stats_.turned_away;
  if (away && tracked) return true;
  if (away && from) net::post(from->executor(), "holding a peer", [from] { from->hold_reads(); });
  lanes_[queue]->wake.cancel();
  return !away;
}

void collector::note_inbox() {
  stats_.held_bytes = inbox_.held();
  stats_.waiting_peers = inbox_.waiting();
}

void collector::tell_waiting() {
  for (auto& peer : inbox_.take_waiting(peer_window)) {
    if (!peer.connection) continue;
    if (peer.agent.is_none()) {
      peer.connection->resume_reads_from_anywhere();
      continue;
    }
    std::string bytes = proto::encode(proto::status_answer{peer.agent, peer.next_missing - 1, true});
    peer.connection->send_from_anywhere(std::make_shared<const std::string>(std::move(bytes)));
  }
}

void collector::enter(std::shared_ptr<net::tcp_connection> connection) {
  net::post(context_, "steering the writers",
            [self = shared_from_this(), connection = std::move(connection)]() mutable {
              if (self->stopping_) return connection->close_from_anywhere();
              const auto* name = connection.get();
              self->connections_.emplace(name, std::move(connection));
            });
}

void collector::leave(std::shared_ptr<net::tcp_connection> connection) {
  net::post(context_, "steering the writers", [self = shared_from_this(), connection = std::move(connection)] {
    self->inbox_.forget(connection.get());
    self->connections_.erase(connection.get());
  });
}

void collector::stop() {
  net::post(context_, "steering the writers", [self = shared_from_this()] {
    self->stopping_ = true;
    for (auto& one : self->lanes_) one->wake.cancel();
  });
}

void collector::give_up() {
  net::post(context_, "steering the writers", [self = shared_from_this()] {
    for (auto& one : self->lanes_) one->out.give_up();
  });
}

void collector::close_all() {
  for (auto& [name, connection] : connections_) connection->close_from_anywhere();
  connections_.clear();
}

}  // namespace lars::reporter
