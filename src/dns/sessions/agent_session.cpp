#include "dns/sessions/agent_session.hpp"

#include <exception>
#include <string_view>
#include <utility>

#include "dns/sessions/request_handler.hpp"
#include "log/log.hpp"
#include "net/message_deadline.hpp"

namespace lars::dns {
namespace {

// While so much waits for a peer to read it, its requests wait too.
constexpr std::size_t unread_mark = 1u << 20;

// Strangers that come and go do not fill the disk.
log::throttle joins;
log::throttle ends;
log::throttle unreadable;

// Threads: the connection's context only. Lifetime: that of run_agent_session's frame.
class agent_session {
public:
  agent_session(std::shared_ptr<publisher> routes, std::shared_ptr<net::tcp_connection> connection, std::size_t context,
                connection_id id)
      : routes_(std::move(routes)), connection_(std::move(connection)), context_(context), id_(id) {}
  ~agent_session() { forget_unread(); }
  agent_session(const agent_session&) = delete;
  agent_session& operator=(const agent_session&) = delete;

  // False when the peer sent what cannot be followed.
  bool on_bytes(std::string_view bytes) {
    handler_.feed(bytes);
    return serve();
  }

  // The peer has read everything.
  void on_written() {
    forget_unread();
    if (!std::exchange(held_, false)) return;
    if (!serve()) return connection_->close(errc::bad_message);
    if (!held_) connection_->resume_reads();
  }

private:
  bool serve() {
    // Before the table, which may be newer than that, never older.
    const auto standing = routes_->freshness_now();
    const auto table = routes_->table(context_);
    bool whole = false;  // a request has arrived to its end
    auto status = request_handler::status::more;
    while (status == request_handler::status::more) {
      if (must_wait()) {
        hold();
        return true;
      }
      answer_batch batch;
      status = handler_.answer(*table, standing, batch);
      if (batch.frames > 0) {
        whole = true;
        if (batch.frames > batch.unreadable) join();
      }
      deliver(std::move(batch));
    }
    deadline_.note(*connection_, whole, handler_.held() > 0);
    if (handler_.peer_pings()) connection_->expect_input();
    handler_.trim();
    return status == request_handler::status::idle;
  }

  // A connection is an agent's once it has said what an agent says.
  void join() {
    if (connection_->proven()) return;
    connection_->prove();
    if (log::admit(joins, "dns.agent_joined")) log::info("dns.agent_joined", {{"peer", connection_->peer()}});
  }

  // Where answers of all connections together are many, each gets more only once it has read its own.
  bool must_wait() const {
    return connection_->queued() > unread_mark || (unread_ > 0 && routes_->over_unread_limit());
  }

  void hold() {
    held_ = true;
    connection_->hold_reads();
    deadline_.note(*connection_, true, false);
  }

  void deliver(answer_batch batch) {
    auto& stats = routes_->stats();
    stats.answers += batch.answered.size();
    stats.skipped += batch.skipped;
    note_unreadable(batch.unreadable);
    unread_ += batch.bytes.size();
    stats.unread += batch.bytes.size();
    if (!batch.bytes.empty()) connection_->send(std::move(batch.bytes));
    if (!batch.answered.empty()) routes_->subscribe(id_, connection_, handler_.extended(), std::move(batch.answered));
  }

  void note_unreadable(std::size_t frames) {
    if (frames == 0) return;
    routes_->stats().unreadable += frames;
    if (log::admit(unreadable, "dns.message_unreadable"))
      log::warn("dns.message_unreadable", {{"peer", connection_->peer()}, {"messages", frames}});
  }

  void forget_unread() { routes_->stats().unread -= std::exchange(unread_, 0); }

  const std::shared_ptr<publisher> routes_;
  const std::shared_ptr<net::tcp_connection> connection_;
  const std::size_t context_;
  const connection_id id_;
  request_handler handler_;
  net::message_deadline deadline_;
  std::size_t unread_ = 0;  // bytes of answers since the peer had read everything
  bool held_ = false;       // requests wait for the peer to read
};

// One that never joined does not leave: its server tells of it.
void log_end(const net::tcp_connection& connection, errc why) {
  const bool left = why == errc::peer_closed || why == errc::cancelled;
  if (left && !connection.proven()) return;
  if (!log::admit(ends, "dns.agent_left")) return;
  if (left)
    log::info("dns.agent_left", {{"peer", connection.peer()}, {"why", message(why)}});
  else
    log::warn("dns.agent_dropped", {{"peer", connection.peer()}, {"why", message(why)}});
}

}  // namespace

boost::asio::awaitable<errc> run_agent_session(std::shared_ptr<publisher> routes,
                                               std::shared_ptr<net::tcp_connection> connection, std::size_t context) {
  connection_id id = 0;
  if (!routes->enter(context, connection, id)) co_return errc::cancelled;
  errc why = errc::system_error;
  std::exception_ptr failure;
  {
    agent_session session(routes, connection, context, id);
    connection->on_written([&session] { session.on_written(); });
    try {
      why = co_await connection->run([&session](std::string_view bytes) { return session.on_bytes(bytes); });
    } catch (...) {
      failure = std::current_exception();
    }
  }
  // Not in a destructor: a frame that is destroyed with its context must not post any more.
  routes->leave(context, id);
  if (failure) std::rethrow_exception(failure);
  log_end(*connection, why);
  co_return why;
}

}  // namespace lars::dns
