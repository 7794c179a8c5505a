#include "agent/link/server_link.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/endpoint.hpp"
#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"
#include "net/tcp_link.hpp"

namespace lars::agent {
namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

using net::as_result;
constexpr auto connect_deadline = 300ms;
constexpr auto backlog_interval = 5ms;
constexpr auto time_to_answer = 1s;  // a server without a Pong by then is old
constexpr auto age_check_interval = 2s;
constexpr auto age_check_patience = 600ms;
constexpr int signs_of_age = 5;        // consecutive ones needed
constexpr auto shortest_service = 1s;  // a connection that ended sooner counts as failed
constexpr std::size_t write_limit = 8u << 20;
constexpr std::size_t queue_mark = 512u << 10;  // take no requests from the client while this many bytes are queued
constexpr std::size_t batch_bytes = 64u << 10;
constexpr std::uint64_t longest_age = 100ull * 365 * 86'400 * 1000;  // ms; keeps the subtraction from overflowing
constexpr std::size_t most_pings = 16;  // remembered; an answer to an older one gives no last poll

}  // namespace

server_link::server_link(asio::io_context& context, link_client& client, link_config config, net::network& network)
    : client_(client),
      config_(config),
      network_(network),
      random_(base::random_source::from_system()),
      timer_(context),
      moves_timer_(context),
      question_(network),
      age_check_timer_(context),
      age_question_(context, network) {}

void server_link::stop() {
  stopping_ = true;
  timer_.cancel();
  question_.give_up();
  age_question_.give_up();
  age_check_timer_.cancel();
  wake_moves();
  if (connection_) connection_->close();
}

asio::awaitable<void> server_link::run(std::vector<endpoint> servers, std::string identity) {
  if (servers.empty()) co_return;
  choice_.emplace(std::move(servers), identity, base::backoff_config{50ms, 1000ms});
  moves_.emplace(choice_->order(), config_.moves);
  co_await (run_connections() && run_moves() && run_age_checks());
}

asio::awaitable<void> server_link::run_connections() {
  while (!stopping_) {
    const auto attempt = choice_->next(random_());
    if (attempt.wait > 0ms) {
      timer_.expires_after(attempt.wait);
      co_await timer_.async_wait(as_result);
      if (stopping_) co_return;
    }
    auto connection = co_await net::connect(attempt.where, connect_deadline, {write_limit}, network_);
    if (stopping_) co_return;
    bool served = false;
    if (connection)
      served = co_await serve(*std::move(connection), attempt);
    else
      on_unreachable(attempt, connection.error().text());
    choice_->ended(served);
    if (const auto to = std::exchange(moving_to_, std::nullopt)) choice_->go_to(*to);
  }
}

asio::awaitable<void> server_link::run_moves() {
  while (!stopping_) {
    const auto step = moves_->next(base::clock::now(), random_());
    if (step.what == server_step::kind::wait) {
      moves_timer_.expires_at(moves_->next_step());
      co_await moves_timer_.async_wait(as_result);
      continue;
    }
    co_await perform(step);
  }
}

asio::awaitable<void> server_link::perform(server_step step) {
  if (step.what == server_step::kind::ask) {
    bool healthy = false;
    try {
      healthy = co_await question_.ask(step.server);
    } catch (...) {
      net::log_exception("asking a server", std::current_exception());
    }
    moves_->on_answer(step.server, healthy, base::clock::now());
    co_return;
  }
  if (!connection_) co_return;
  stats_.count_move();
  log::info(event("left"),
            {{"server", base::format_endpoint(server_)},
             {"for", base::format_endpoint(step.server)},
             {"reason", stats_.is_unhealthy() ? "it reports to be unhealthy" : "the other one is preferred"}});
  moving_to_ = step.server;
  connection_->close();
}

// A silent server that answered Pings before either hangs or was replaced by an old program. An old program closes a
// connection after the other end shut it down. Requires that sign several times in a row, because batches sent to an
// old program count as delivered.
asio::awaitable<void> server_link::run_age_checks() {
  while (!stopping_) {
    age_check_timer_.expires_after(age_check_interval);
    co_await age_check_timer_.async_wait(as_result);
    const auto server = std::exchange(suspect_, std::nullopt);
    if (stopping_ || !server) continue;
    auto reaction = net::reaction::unreachable;
    try {
      reaction =
          co_await age_question_.ask(*server, proto::encode(proto::ping{1, proto::our_features}), age_check_patience);
    } catch (...) {
      net::log_exception("asking a server", std::current_exception());
    }
    on_reaction(*server, reaction);
  }
}

void server_link::on_reaction(endpoint server, net::reaction reaction) {
  const auto known = current_servers_.find(server);
  if (known == current_servers_.end() || reaction == net::reaction::unreachable) return;
  known->second = reaction == net::reaction::closed ? known->second + 1 : 0;
  if (known->second < signs_of_age) return;
  current_servers_.erase(known);
  // Always a reporter: an old dns is not silent, so it never becomes a suspect.
  log::warn("agent.reporter_is_old", {{"server", base::format_endpoint(server)}});
}

// Logs the first failure only, not every attempt.
void server_link::on_unreachable(const server_attempt& attempt, const std::string& reason) {
  stats_.count_unreachable();
  if (!std::exchange(unreachable_logged_, true))
    log::warn(event("unreachable"), {{"server", base::format_endpoint(attempt.where)}, {"reason", reason}});
}

asio::awaitable<bool> server_link::serve(std::shared_ptr<net::tcp_connection> connection, server_attempt attempt) {
  began_ = base::clock::now();
  server_ = attempt.where;
  connection_ = connection;
  peer_watch_config watch;
  watch.may_keep_silent = config_.silent_when_old;
  watch.knows_pings = config_.silent_when_old && current_servers_.contains(attempt.where);
  watch_.emplace(watch, attempt.alternatives, attempt.settle, began_);
  reader_.emplace(proto::extended_body_limit);
  state_known_ = false;
  pings_.clear();
  moves_->on_connected(attempt.where);
  wake_moves();
  if (config_.silent_when_old) stats_.on_connected();
  // Ping first: the peer's generation decides how long to wait for answers.
  send_ping();
  client_.on_connected(connection->local());
  pump();
  errc why = errc::peer_closed;
  co_await (run_connection(connection, why) && run_watch());
  stats_.on_disconnected(base::clock::now());
  moves_->on_lost();
  if (moving_to_) {
    unreachable_logged_ = false;
    co_return true;
  }
  const bool heard = watch_->heard();
  if (watch.knows_pings && !heard && why == errc::timeout) suspect_ = attempt.where;
  if (!stopping_ && (heard || !unreachable_logged_))
    log::info(event("lost"), {{"server", connection->peer()}, {"reason", message(why)}});
  unreachable_logged_ = !heard;
  // A silent old server serves as long as it accepts requests.
  const bool silent = config_.silent_when_old && why != errc::timeout;
  co_return (heard || silent) && why != errc::bad_message&& base::clock::now() - began_ >= shortest_service;
}

asio::awaitable<void> server_link::run_connection(std::shared_ptr<net::tcp_connection> connection, errc& why) {
  why = errc::system_error;
  try {
    why = co_await connection->run([this](std::string_view bytes) { return on_bytes(bytes); });
  } catch (...) {
    net::log_exception("reading from a server", std::current_exception());
  }
  connection_.reset();
  timer_.cancel();
}

asio::awaitable<void> server_link::run_watch() {
  while (connection_) {
    const auto now = base::clock::now();
    const auto action = watch_->step(now);
    if (action == peer_action::leave) connection_->close(errc::timeout);
    if (action == peer_action::ping) send_ping();
    if (backlog_) pump();
    if (!connection_) co_return;
    timer_.expires_at(backlog_ ? std::min(watch_->next_step(), now + backlog_interval) : watch_->next_step());
    co_await timer_.async_wait(as_result);
  }
}

void server_link::send_ping() {
  pings_.push_back({random_(), base::clock::now()});
  if (pings_.size() > most_pings) pings_.pop_front();
  connection_->send(proto::encode(proto::ping{pings_.back().token, proto::our_features}));
}

void server_link::pump() {
  if (!connection_) return;
  const bool had_backlog = backlog_;
  backlog_ = false;
  while (true) {
    if (connection_->queued() >= queue_mark) {
      backlog_ = true;
      break;
    }
    auto requests = client_.next_requests(batch_bytes);
    if (requests.empty()) break;
    watch_->on_request_sent(base::clock::now());
    connection_->send(std::move(requests));
  }
  // The watch's next step may now be earlier than the timer.
  if (watch_->next_step() < timer_.expiry() || (backlog_ && !had_backlog)) timer_.cancel();
}

bool server_link::on_bytes(std::string_view bytes) {
  if (!watch_->heard()) {
    unreachable_logged_ = false;
    stats_.on_connected();
    log::info(event("connected"), {{"server", connection_->peer()}});
  }
  watch_->on_bytes(base::clock::now());
  reader_->feed(bytes);
  if (!read_frames()) return false;
  // A server that reports its state does so before any other message.
  if (!state_known_) stats_.clear_last_poll();
  pump();
  return true;
}

bool server_link::read_frames() {
  proto::frame frame;
  while (true) {
    switch (reader_->next(frame)) {
      case proto::frame_reader::status::need_more:
        return true;
      case proto::frame_reader::status::bad:
        log::warn(event("sent_rubbish"), {{"server", connection_->peer()}, {"what", "frame"}});
        return false;
      case proto::frame_reader::status::ready:
        break;
    }
    if (!on_frame(frame)) on_unreadable(frame.id);
  }
}

// Skips only this message; the following frames are intact.
void server_link::on_unreadable(std::int32_t id) {
  stats_.count_unreadable();
  if (log::admit(unreadable_lines_, event("sent_rubbish")))
    log::warn(event("sent_rubbish"), {{"server", connection_->peer()}, {"what", "message"}, {"id", id}});
}

bool server_link::on_frame(const proto::frame& frame) {
  if (frame.id != static_cast<std::int32_t>(proto::message_id::pong)) return client_.on_frame(frame);
  proto::pong answer;
  if (!proto::decode(frame.body, answer)) return false;
  watch_->on_pong();
  current_servers_[server_] = 0;
  if (answer.tells_state()) on_pong(answer);
  return true;
}

// The server states its data's age when it answers, which is after the ping was sent. So its last poll began no earlier
// than the ping's time minus that age.
void server_link::on_pong(const proto::pong& answer) {
  server_report report{answer.state == proto::server_state::well, std::nullopt};
  const auto ping = std::find_if(pings_.begin(), pings_.end(),
                                 [&answer](const sent_ping& sent) { return sent.token == answer.token; });
  if (ping != pings_.end()) {
    if (answer.age_ms) report.last_poll = ping->sent - std::chrono::milliseconds(std::min(*answer.age_ms, longest_age));
    pings_.erase(pings_.begin(), std::next(ping));
  }
  state_known_ = true;
  stats_.set_server_state(report.healthy, report.last_poll);
  moves_->on_server_state(report.healthy);
  wake_moves();
  client_.on_server_report(report);
}

peer_kind server_link::peer() const {
  if (!connected()) return peer_kind::unknown;
  if (watch_->heard()) return peer_kind::current;
  if (current_servers_.contains(server_) || base::clock::now() - began_ < time_to_answer) return peer_kind::unknown;
  return peer_kind::old;
}

std::string server_link::event(const char* what) const { return std::string("agent.") + config_.name + '_' + what; }

}  // namespace lars::agent
