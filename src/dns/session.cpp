#include "dns/session.hpp"

#include <exception>
#include <string_view>
#include <utility>

#include "dns/request_answerer.hpp"
#include "log/log.hpp"

namespace lars::dns {
namespace {

// A peer that asks and never reads is closed when this much waits for it.
constexpr std::size_t unread_limit = 32u << 20;

// Threads: the connection's context only. Lifetime: that of run_session's frame.
class session {
public:
  session(std::shared_ptr<publisher> routes, std::shared_ptr<net::tcp_connection> connection, std::size_t context,
          connection_id id)
      : routes_(std::move(routes)), connection_(std::move(connection)), context_(context), id_(id) {}

  // False when the peer sent what cannot be followed.
  bool on_bytes(std::string_view bytes) {
    answerer_.feed(bytes);
    const auto table = routes_->table(context_);
    while (true) {
      answer_batch batch;
      const auto status = answerer_.answer(*table, batch);
      if (!deliver(std::move(batch))) return true;
      if (status != request_answerer::status::more) return status == request_answerer::status::idle;
    }
  }

private:
  // False when the connection was closed for not reading.
  bool deliver(answer_batch batch) {
    auto& counters = routes_->counters();
    counters.answers += batch.answered.size();
    counters.skipped += batch.skipped;
    if (connection_->queued() > unread_limit) {
      connection_->close(errc::too_large);
      return false;
    }
    if (!batch.bytes.empty()) connection_->send(std::move(batch.bytes));
    if (!batch.answered.empty()) routes_->subscribe(id_, connection_, answerer_.extended(), std::move(batch.answered));
    return true;
  }

  const std::shared_ptr<publisher> routes_;
  const std::shared_ptr<net::tcp_connection> connection_;
  const std::size_t context_;
  const connection_id id_;
  request_answerer answerer_;
};

void log_end(publisher& routes, const std::string& peer, errc why) {
  if (why == errc::peer_closed || why == errc::cancelled) {
    log::info("dns.agent_left", {{"peer", peer}, {"why", message(why)}});
    return;
  }
  ++routes.counters().dropped;
  log::warn("dns.agent_dropped", {{"peer", peer}, {"why", message(why)}});
}

}  // namespace

boost::asio::awaitable<void> run_session(std::shared_ptr<publisher> routes,
                                         std::shared_ptr<net::tcp_connection> connection, std::size_t context) {
  connection_id id = 0;
  if (!routes->enter(context, connection, id)) co_return;
  log::info("dns.agent_joined", {{"peer", connection->peer()}});
  session served(routes, connection, context, id);
  std::exception_ptr failure;
  errc why = errc::system_error;
  try {
    why = co_await connection->run([&served](std::string_view bytes) { return served.on_bytes(bytes); });
  } catch (...) {
    failure = std::current_exception();
  }
  // Not in a destructor: a frame that is destroyed with its context must not post any more.
  routes->leave(context, id);
  if (failure) std::rethrow_exception(failure);
  log_end(*routes, connection->peer(), why);
}

}  // namespace lars::dns
