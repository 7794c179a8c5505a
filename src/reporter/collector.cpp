#include "reporter/collector.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"
#include "net/timer.hpp"

namespace lars::reporter {
namespace {

namespace asio = boost::asio;
using net::as_result;

constexpr std::size_t rows_a_flush = 25'000;  // takes the database some tenths of a second
// How long a batch waits for others, so that they share a transaction.
constexpr std::chrono::milliseconds linger{10};
// On the way to context 0 from all connections; each connection exceeds it by at most one read.
constexpr std::size_t most_arriving = 8u << 20;
constexpr std::size_t refused_bytes = 32u << 20;
constexpr std::size_t peer_window = 1u << 20;  // what a peer may send at once when it is asked to send again

std::size_t size_of(const std::vector<batch>& batches) {
  std::size_t bytes = 0;
  for (const auto& item : batches) bytes += item.size();
  return bytes;
}

// Their agents reconnect and send again what was not acknowledged.
void close_senders(const std::vector<batch>& batches) {
  for (const auto& item : batches)
    if (item.from) item.from->close_from_anywhere();
}

}  // namespace

collector::collector(asio::any_io_executor context, const reporter_config& config, const open_store& open,
                     reporter_stats& stats)
    : context_(std::move(context)),
      inbox_(config.writers, config.queue_bytes),
      stats_(stats),
      refused_(config.refused_path, refused_bytes) {
  for (std::size_t i = 0; i < config.writers; ++i)
    writers_.push_back(std::make_unique<writer_thread>(context_, open(), refused_, clocks_, stats));
}

void collector::start() {
  running_ = writers_.size();
  for (std::size_t i = 0; i < writers_.size(); ++i)
    asio::co_spawn(context_, run(i), [self = shared_from_this()](const std::exception_ptr& failure) {
      net::log_exception("writing results", failure);
      if (--self->running_ == 0) self->close_all();
    });
}

asio::awaitable<void> collector::run(std::size_t queue) {
  while (true) {
    co_await wait_for_batches(queue);
    if (inbox_.empty(queue)) co_return;
    const auto batches = inbox_.pop(queue, rows_a_flush);
    bool written = true;
    try {
      written = co_await writers_[queue]->output.flush(batches);
    } catch (...) {
      net::log_exception("writing results", std::current_exception());
      close_senders(batches);
    }
    inbox_.done(size_of(batches));
    update_gauges();
    if (!written) co_return;
    resume_waiting_peers();
  }
}

// Returns when the queue has batches, or when the collector stops.
asio::awaitable<void> collector::wait_for_batches(std::size_t queue) {
  auto& wake = writers_[queue]->wake;
  while (inbox_.empty(queue) && !stopping_) co_await wake.async_wait(as_result);
  if (stopping_) co_return;
  net::timer pause(context_, linger);
  co_await pause.async_wait(as_result);
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
              bool keep_reading = true;
              for (auto& item : batches) keep_reading = self->enqueue(std::move(item)) && keep_reading;
              self->update_gauges();
              if (held && keep_reading) held->resume_reads_from_anywhere();
            });
}

// False: the peer is an old agent, and must not be read until there is room.
bool collector::enqueue(batch&& item) {
  const std::size_t queue = inbox_.queue_of(item);
  const bool tracked = item.report.is_tracked();
  const auto from = item.from;
  const bool away = inbox_.offer(std::move(item)) == inbox::answer::turned_away;
  if (away) ++stats_.turned_away;
  if (away && tracked) return true;
  if (away && from) net::post(from->executor(), "holding a peer", [from] { from->hold_reads(); });
  writers_[queue]->wake.cancel();
  return !away;
}

void collector::update_gauges() {
  stats_.held_bytes = inbox_.held();
  stats_.waiting_peers = inbox_.waiting();
}

void collector::resume_waiting_peers() {
  for (auto& peer : inbox_.pop_waiting(peer_window)) {
    if (!peer.connection) continue;
    if (peer.agent.is_none()) {
      peer.connection->resume_reads_from_anywhere();
      continue;
    }
    std::string bytes = proto::encode(proto::status_answer{peer.agent, peer.next_missing - 1, true});
    peer.connection->send_from_anywhere(std::make_shared<const std::string>(std::move(bytes)));
  }
}

void collector::add_connection(std::shared_ptr<net::tcp_connection> connection) {
  net::post(context_, "controlling the writers",
            [self = shared_from_this(), connection = std::move(connection)]() mutable {
              if (self->stopping_) return connection->close_from_anywhere();
              const auto* name = connection.get();
              self->connections_.emplace(name, std::move(connection));
            });
}

void collector::remove_connection(std::shared_ptr<net::tcp_connection> connection) {
  net::post(context_, "controlling the writers", [self = shared_from_this(), connection = std::move(connection)] {
    self->inbox_.forget(connection.get());
    self->connections_.erase(connection.get());
  });
}

void collector::stop() {
  net::post(context_, "controlling the writers", [self = shared_from_this()] {
    self->stopping_ = true;
    for (auto& each : self->writers_) each->wake.cancel();
  });
}

void collector::give_up() {
  net::post(context_, "controlling the writers", [self = shared_from_this()] {
    for (auto& each : self->writers_) each->output.give_up();
  });
}

void collector::close_all() {
  for (auto& [name, connection] : connections_) connection->close_from_anywhere();
  connections_.clear();
}

}  // namespace lars::reporter
