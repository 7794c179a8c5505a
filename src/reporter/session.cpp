#include "reporter/session.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "log/log.hpp"
#include "net/message_deadline.hpp"
#include "reporter/storage_watch.hpp"

namespace lars::reporter {
namespace {

// Limits log lines, so that peers cannot fill the disk by reconnecting.
log::throttle joins;
log::throttle ends;
log::throttle unreadable;

proto::pong pong_to(const proto::ping& asked, const storage::freshness::snapshot& database) {
  proto::pong answer{asked.token, proto::our_features};
  if ((asked.features & proto::feature_state) == 0) return answer;
  if (database.age) answer.age_ms = static_cast<std::uint64_t>(database.age->count());
  answer.state = static_cast<proto::server_state>(database.state);
  return answer;
}

// Parses the bytes of one connection. Threads: the connection's context only. Lifetime: that of run_session's frame.
class session {
public:
  session(collector& reports, std::shared_ptr<net::tcp_connection> connection)
      : reports_(reports), connection_(std::move(connection)), reader_(proto::stream_body_limit) {}

  // False: the peer sent bytes that are not a frame. The complete frames before them count.
  bool on_bytes(std::string_view bytes) {
    reader_.feed(bytes);
    std::vector<batch> batches;
    frames_ = unreadable_ = 0;
    const bool valid = read_frames(batches);
    if (frames_ > unreadable_) join();
    deadline_.note(*connection_, frames_ > 0, reader_.held() > 0);
    reader_.trim();
    if (!batches.empty()) reports_.accept(std::move(batches));
    return valid;
  }

private:
  // A connection counts as an agent's after its first valid message.
  void join() {
    if (connection_->proven()) return;
    connection_->prove();
    if (log::admit(joins, "reporter.agent_joined")) log::info("reporter.agent_joined", {{"peer", connection_->peer()}});
  }

  bool read_frames(std::vector<batch>& batches) {
    proto::frame frame;
    while (true) {
      switch (reader_.next(frame)) {
        case proto::frame_reader::status::need_more:
          return true;
        case proto::frame_reader::status::bad:
          return false;
        case proto::frame_reader::status::ready:
          break;
      }
      ++frames_;
      if (!on_frame(frame, batches)) count_unreadable(frame.id);
    }
  }

  // False: the body could not be parsed. Unknown ids are of newer peers and are skipped.
  bool on_frame(const proto::frame& frame, std::vector<batch>& batches) {
    if (frame.id == static_cast<std::int32_t>(proto::message_id::ping)) {
      proto::ping asked;
      if (!proto::decode(frame.body, asked)) return false;
      if ((asked.features & proto::feature_ping) != 0) connection_->expect_input();
      connection_->send(proto::encode(pong_to(asked, reports_.stats().storage.at(since_boot()))));
      return true;
    }
    if (frame.id != static_cast<std::int32_t>(proto::message_id::report_status_request)) return true;
    batch received{{}, connection_, base::clock::now()};
    if (!proto::decode(frame.body, received.report)) return false;
    batches.push_back(std::move(received));
    return true;
  }

  void count_unreadable(std::int32_t id) {
    ++unreadable_;
    ++reports_.stats().unreadable;
    if (log::admit(unreadable, "reporter.message_unreadable"))
      log::warn("reporter.message_unreadable", {{"peer", connection_->peer()}, {"id", id}});
  }

  collector& reports_;
  const std::shared_ptr<net::tcp_connection> connection_;
  proto::frame_reader reader_;
  net::message_deadline deadline_;
  std::size_t frames_ = 0;      // in the last input
  std::size_t unreadable_ = 0;  // those of them that could not be parsed
};

// A peer that never joined is not logged here; the server counts it.
void log_end(const net::tcp_connection& connection, errc why) {
  const bool left = why == errc::peer_closed || why == errc::cancelled;
  if (left && !connection.proven()) return;
  if (!log::admit(ends, "reporter.agent_left")) return;
  if (left)
    log::info("reporter.agent_left", {{"peer", connection.peer()}, {"why", message(why)}});
  else
    log::warn("reporter.agent_dropped", {{"peer", connection.peer()}, {"why", message(why)}});
}

}  // namespace

boost::asio::awaitable<errc> run_session(std::shared_ptr<collector> reports,
                                         std::shared_ptr<net::tcp_connection> connection) {
  reports->add_connection(connection);
  session served(*reports, connection);
  errc why = errc::system_error;
  std::exception_ptr failure;
  try {
    why = co_await connection->run([&served](std::string_view bytes) { return served.on_bytes(bytes); });
  } catch (...) {
    failure = std::current_exception();
  }
  // Not in a destructor: a coroutine that is destroyed with its context must not post.
  reports->remove_connection(connection);
  if (failure) std::rethrow_exception(failure);
  log_end(*connection, why);
  co_return why;
}

}  // namespace lars::reporter
