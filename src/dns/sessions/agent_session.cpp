#include "dns/sessions/agent_session.hpp"

#include <exception>
#include <utility>

#include "log/log.hpp"

namespace lars::dns {
namespace {

// Peers that connect and leave all the time must not fill the disk with log lines.
log::throttle join_lines;
log::throttle end_lines;
log::throttle unreadable_lines;

// A connection that never sent a request does not count as an agent that left; the server logs it.
void log_end(const net::tcp_connection& connection, errc why) {
  const bool left = why == errc::peer_closed || why == errc::cancelled;
  if (left && !connection.proven()) return;
  if (!log::admit(end_lines, "dns.agent_left")) return;
  if (left)
    log::info("dns.agent_left", {{"peer", connection.peer()}, {"why", message(why)}});
  else
    log::warn("dns.agent_dropped", {{"peer", connection.peer()}, {"why", message(why)}});
}

}  // namespace

agent_session::agent_session(std::shared_ptr<publisher> routes, std::shared_ptr<net::tcp_connection> connection,
                             std::size_t context, connection_id id)
    : routes_(std::move(routes)), connection_(std::move(connection)), context_(context), id_(id) {}

bool agent_session::on_bytes(std::string_view bytes) {
  handler_.feed(bytes);
  return answer_requests();
}

void agent_session::on_written() {
  release_unread();
  if (!std::exchange(waiting_, false)) return;
  if (!answer_requests()) return connection_->close(errc::bad_message);
  if (!waiting_) connection_->resume_reads();
}

bool agent_session::answer_requests() {
  // Read the freshness before the table: the table may then be newer than it says, never older.
  const auto freshness = routes_->freshness_now();
  const auto table = routes_->table(context_);
  bool whole = false;  // at least one frame was complete
  auto status = request_handler::status::more;
  while (status == request_handler::status::more) {
    if (must_wait()) {
      wait();
      return true;
    }
    answer_batch batch;
    status = handler_.answer(*table, freshness, batch);
    if (batch.frames > 0) {
      whole = true;
      if (batch.frames > batch.unreadable) mark_joined();
    }
    deliver(std::move(batch));
  }
  deadline_.note(*connection_, whole, handler_.held() > 0);
  if (handler_.peer_pings()) connection_->expect_input();
  handler_.trim();
  return status == request_handler::status::idle;
}

// A connection counts as an agent once it sent a readable frame.
void agent_session::mark_joined() {
  if (connection_->proven()) return;
  connection_->prove();
  if (log::admit(join_lines, "dns.agent_joined")) log::info("dns.agent_joined", {{"peer", connection_->peer()}});
}

// Above the limit on all unread answers together, each connection gets more only after it has read its own.
bool agent_session::must_wait() const {
  return connection_->queued() > max_queued || (unread_ > 0 && routes_->over_unread_limit());
}

void agent_session::wait() {
  waiting_ = true;
  connection_->hold_reads();
  deadline_.note(*connection_, true, false);
}

void agent_session::deliver(answer_batch batch) {
  auto& stats = routes_->stats();
  stats.answers += batch.answered.size();
  stats.skipped += batch.skipped;
  count_unreadable(batch.unreadable);
  unread_ += batch.bytes.size();
  stats.unread += batch.bytes.size();
  if (!batch.bytes.empty()) connection_->send(std::move(batch.bytes));
  if (!batch.answered.empty()) routes_->subscribe(id_, connection_, handler_.extended(), std::move(batch.answered));
}

void agent_session::count_unreadable(std::size_t frames) {
  if (frames == 0) return;
  routes_->stats().unreadable += frames;
  if (log::admit(unreadable_lines, "dns.message_unreadable"))
    log::warn("dns.message_unreadable", {{"peer", connection_->peer()}, {"messages", frames}});
}

void agent_session::release_unread() { routes_->stats().unread -= std::exchange(unread_, 0); }

boost::asio::awaitable<errc> run_agent_session(std::shared_ptr<publisher> routes,
                                               std::shared_ptr<agent_connections> connections,
                                               std::shared_ptr<net::tcp_connection> connection, std::size_t context) {
  const auto id = connections->add(context, connection);
  if (!id) co_return errc::cancelled;
  errc why = errc::system_error;
  std::exception_ptr failure;
  {
    agent_session session(routes, connection, context, *id);
    connection->on_written([&session] { session.on_written(); });
    try {
      why = co_await connection->run([&session](std::string_view bytes) { return session.on_bytes(bytes); });
    } catch (...) {
      failure = std::current_exception();
    }
  }
  // Not in a destructor: a frame that is destroyed with its context must not post any more.
  connections->remove(context, *id);
  routes->unsubscribe(*id);
  if (failure) std::rethrow_exception(failure);
  log_end(*connection, why);
  co_return why;
}

}  // namespace lars::dns
