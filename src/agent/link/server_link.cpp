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
constexpr auto time_to_answer = 1s;  // without a Pong for so long: an old server
constexpr auto between_doubts = 2s;  // about one server's age
constexpr auto doubt_patience = 600ms;
constexpr int signs_of_age = 5;        // in a row
constexpr auto shortest_service = 1s;  // a connection that ended sooner did not serve
constexpr std::size_t write_limit = 8u << 20;
constexpr std::size_t queue_mark = 512u << 10;  // no more is taken from the client while so much waits
constexpr std::size_t batch_bytes = 64u << 10;
constexpr std::uint64_t longest_age = 100ull * 365 * 86'400 * 1000;  // in ms; more is as good as never
constexpr std::size_t most_pings = 16;  // waited for; of older ones it does not matter when they were sent

}  // namespace

server_link::server_link(asio::io_context& context, link_client& client, link_config config)
    : client_(client),
      config_(config),
      random_(base::random_source::from_system()),
      timer_(context),
      moves_timer_(context),
      doubts_timer_(context),
      age_question_(context) {}

void server_link::stop() {
  stopping_ = true;
  timer_.cancel();
  question_.give_up();
  age_question_.give_up();
  doubts_timer_.cancel();
  wake_moves();
  if (connection_) connection_->close();
}

asio::awaitable<void> server_link::run(std::vector<endpoint> servers, std::string identity) {
  if (servers.empty()) co_return;
  choice_.emplace(std::move(servers), identity, base::backoff_config{50ms, 1000ms});
  moves_.emplace(choice_->order(), config_.moves);
  co_await (run_connections() && run_moves() && run_doubts());
}

asio::awaitable<void> server_link::run_connections() {
  while (!stopping_) {
    const auto attempt = choice_->next(random_());
    if (attempt.wait > 0ms) {
      timer_.expires_after(attempt.wait);
      co_await timer_.async_wait(as_result);
      if (stopping_) co_return;
    }
    auto connection = co_await net::connect(attempt.where, connect_deadline, {write_limit});
    if (stopping_) co_return;
    bool served = false;
    if (connection)
      served = co_await serve(*std::move(connection), attempt);
    else
      note_unreachable(attempt, connection.error().text());
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
    co_await take_step(step);
  }
}

asio::awaitable<void> server_link::take_step(server_step step) {
  if (step.what == server_step::kind::ask) {
    bool well = false;
    try {
      well = co_await question_.ask(step.server);
    } catch (...) {
      net::log_exception("asking a server", std::current_exception());
    }
    moves_->on_answer(step.server, well, base::clock::now());
    co_return;
  }
  if (!connection_) co_return;
  stats_.note_moved();
  log::info(event("left"),
            {{"server", base::format_endpoint(server_)},
             {"for", base::format_endpoint(step.server)},
             {"reason", stats_.ill() ? "it says that it does not do its work" : "that one is preferred"}});
  moving_to_ = step.server;
  connection_->close();
}

// A server that answered Pings and keeps silent stands still, or is an old program by now: that one closes a connection
// whose other end is closed, and is served as what it is. Only where it does so again and again: what is sent to an old
// program counts as delivered.
asio::awaitable<void> server_link::run_doubts() {
  while (!stopping_) {
    doubts_timer_.expires_after(between_doubts);
    co_await doubts_timer_.async_wait(as_result);
    const auto server = std::exchange(doubted_, std::nullopt);
    if (stopping_ || !server) continue;
    auto shown = net::reaction::unreachable;
    try {
      shown = co_await age_question_.ask(*server, proto::encode(proto::ping{1, proto::our_features}), doubt_patience);
    } catch (...) {
      net::log_exception("asking a server", std::current_exception());
    }
    note_reaction(*server, shown);
  }
}

void server_link::note_reaction(endpoint server, net::reaction shown) {
  const auto known = known_new_.find(server);
  if (known == known_new_.end() || shown == net::reaction::unreachable) return;
  known->second = shown == net::reaction::closed ? known->second + 1 : 0;
  if (known->second < signs_of_age) return;
  known_new_.erase(known);
  // An old dns is not silent: nobody doubts one.
  log::warn("agent.reporter_is_old", {{"server", base::format_endpoint(server)}});
}

// Logged once when the last way is lost, not at every attempt.
void server_link::note_unreachable(const server_attempt& attempt, const std::string& reason) {
  stats_.note_unreachable();
  if (!std::exchange(told_unreachable_, true))
    log::warn(event("unreachable"), {{"server", base::format_endpoint(attempt.where)}, {"reason", reason}});
}

asio::awaitable<bool> server_link::serve(std::shared_ptr<net::tcp_connection> connection, server_attempt attempt) {
  began_ = base::clock::now();
  server_ = attempt.where;
  connection_ = connection;
  peer_watch_config watch;
  watch.may_keep_silent = config_.silent_when_old;
  watch.knows_pings = config_.silent_when_old && known_new_.contains(attempt.where);
  watch_.emplace(watch, attempt.alternatives, attempt.settle, began_);
  reader_.emplace(proto::extended_body_limit);
  told_ = false;
  pings_.clear();
  moves_->on_connected(attempt.where);
  wake_moves();
  if (config_.silent_when_old) stats_.note_connected();
  // First of all: what our peer is decides how long we wait for it.
  send_ping();
  client_.on_connected(connection->local());
  pump();
  errc why = errc::peer_closed;
  co_await (run_connection(connection, why) && run_watch());
  stats_.note_lost(base::clock::now());
  moves_->on_lost();
  if (moving_to_) {
    told_unreachable_ = false;
    co_return true;
  }
  const bool heard = watch_->heard();
  if (watch.knows_pings && !heard && why == errc::timeout) doubted_ = attempt.where;
  if (!stopping_ && (heard || !told_unreachable_))
    log::info(event("lost"), {{"server", connection->peer()}, {"reason", message(why)}});
  told_unreachable_ = !heard;
  // An old server that keeps silent serves for as long as it takes what it is sent.
  const bool silent = config_.silent_when_old && why != errc::timeout;
  co_return (heard || silent) && why != errc::bad_message&& base::clock::now() - began_ >= shortest_service;
}

asio::awaitable<void> server_link::run_connection(std::shared_ptr<net::tcp_connection> connection, errc& why) {
  why = errc::system_error;
  try {
    why = co_await connection->run([this](std::string_view bytes) { return on_bytes(bytes); });
  } catch (...) {
    net::log_exception("hearing a server", std::current_exception());
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
    auto requests = client_.take_requests(batch_bytes);
    if (requests.empty()) break;
    watch_->on_asked(base::clock::now());
    connection_->send(std::move(requests));
  }
  // The watch's next step may have come nearer than the one that is waited for.
  if (watch_->next_step() < timer_.expiry() || (backlog_ && !had_backlog)) timer_.cancel();
}

bool server_link::on_bytes(std::string_view bytes) {
  if (!watch_->heard()) {
    told_unreachable_ = false;
    stats_.note_connected();
    log::info(event("connected"), {{"server", connection_->peer()}});
  }
  watch_->on_bytes(base::clock::now());
  reader_->feed(bytes);
  if (!read_frames()) return false;
  // One that says so says it before all else.
  if (!told_) stats_.note_tells_nothing();
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
    if (!on_frame(frame)) note_unreadable(frame.id);
  }
}

// What cannot be read costs itself alone: what follows is framed as well.
void server_link::note_unreadable(std::int32_t id) {
  stats_.note_unreadable();
  if (log::admit(unreadable_lines_, event("sent_rubbish")))
    log::warn(event("sent_rubbish"), {{"server", connection_->peer()}, {"what", "message"}, {"id", id}});
}

bool server_link::on_frame(const proto::frame& frame) {
  if (frame.id != static_cast<std::int32_t>(proto::message_id::pong)) return client_.on_frame(frame);
  proto::pong answer;
  if (!proto::decode(frame.body, answer)) return false;
  watch_->on_pong();
  known_new_[server_] = 0;
  if (answer.tells_state()) note_pong(answer);
  return true;
}

// What it knew when it answered, it knew no earlier than we asked.
void server_link::note_pong(const proto::pong& answer) {
  server_report report{answer.state == proto::server_state::well, std::nullopt};
  const auto sent = std::find_if(pings_.begin(), pings_.end(),
                                 [&answer](const sent_ping& ping) { return ping.token == answer.token; });
  if (sent != pings_.end()) {
    if (answer.age_ms) report.look = sent->when - std::chrono::milliseconds(std::min(*answer.age_ms, longest_age));
    pings_.erase(pings_.begin(), std::next(sent));
  }
  told_ = true;
  stats_.note_told(report.well, report.look);
  moves_->on_told(report.well);
  wake_moves();
  client_.on_told(report);
}

peer_kind server_link::peer() const {
  if (!connected()) return peer_kind::unknown;
  if (watch_->heard()) return peer_kind::current;
  if (known_new_.contains(server_) || base::clock::now() - began_ < time_to_answer) return peer_kind::unknown;
  return peer_kind::old;
}

std::string server_link::event(const char* what) const { return std::string("agent.") + config_.name + '_' + what; }

}  // namespace lars::agent
