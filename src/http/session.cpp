#include "http/session.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

#include "http/run_until.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"

namespace lars::http {

namespace {

constexpr auto never = base::time_point::max;
constexpr const char* continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

class session::stream_writer final : public response_writer {
public:
  stream_writer(session& on, bool chunked) : session_(on), chunked_(chunked) {}

  asio::awaitable<bool> write(std::string_view bytes) override { return session_.write(bytes, chunked_); }

private:
  session& session_;
  const bool chunked_;
};

// A timer that on_written() cancels.
struct session::drain_wait {
  explicit drain_wait(session& on) : of(on), timer(on.connection_->executor(), on.server_.config.slow_limit) {
    of.drains_.insert(&timer);
  }
  ~drain_wait() { of.drains_.erase(&timer); }
  drain_wait(const drain_wait&) = delete;
  drain_wait& operator=(const drain_wait&) = delete;

  session& of;
  net::timer timer;
};

session::session(shared_state& server, std::shared_ptr<net::tcp_connection> connection, std::size_t context)
    : server_(server),
      connection_(std::move(connection)),
      context_(context),
      reader_(server.config.limits.header_bytes),
      wake_(connection_->executor(), never()),
      end_limit_(connection_->executor()),
      cancel_(connection_->executor(), never()) {
  ++server_.open;
  server_.sessions[context_].insert(this);
  connection_->on_written([this] { on_written(); });
  connection_->on_end([this] { on_end(); });
}

session::~session() {
  server_.sessions[context_].erase(this);
  server_.session_ended();
}

void session::stop() {
  wake_.cancel();
  if (streaming_) cancel_.cancel();
}

void session::stop_handlers() {
  wake_.cancel();
  cancel_.cancel();
}

asio::awaitable<errc> session::run() {
  using namespace asio::experimental::awaitable_operators;
  const errc why = co_await (run_connection() && run_requests());
  co_return reason_.value_or(peer_ended_ && why == errc::cancelled ? errc::peer_closed : why);
}

asio::awaitable<errc> session::run_connection() {
  const auto on_input = [this](std::string_view bytes) { return on_bytes(bytes); };
  const errc why = co_await connection_->run(on_input);
  // Nobody waits for the answer any more.
  wake_.cancel();
  cancel_.cancel();
  on_written();
  co_return why;
}

asio::awaitable<void> session::run_requests() {
  request asked;
  // GCC 12 evaluates a co_await behind && in the condition of a loop in any case.
  while (co_await receive_header(asked)) {
    const auto given = co_await answer(asked);
    if (!connection_->is_open()) break;
    if (!co_await send(asked, given)) break;
    answered_ = true;
    began_.reset();
    if (reader_.buffered() > 0) began_ = base::clock::now();
  }
  connection_->close_when_written();
}

bool session::on_bytes(std::string_view bytes) {
  if (discarding_) return true;
  if (!began_) began_ = base::clock::now();
  reader_.feed(bytes);
  if (reader_.buffered() > server_.config.limits.header_bytes) {
    connection_->hold_reads();
    reads_held_ = true;
  }
  wake_.cancel();
  return true;
}

// Programs that ask once end their direction right after the request. Nobody can tell them from a peer that is gone, so
// they get a moment for their answers, and no stream.
void session::on_end() {
  peer_ended_ = true;
  if (streaming_) return connection_->close(errc::peer_closed);
  wake_.cancel();
  end_limit_.expires_after(server_.config.half_closed_limit);
  end_limit_.async_wait([connection = connection_](const boost::system::error_code& stopped) {
    if (!stopped) connection->close(errc::peer_closed);
  });
}

void session::on_written() {
  for (auto* const each : drains_) each->cancel();
}

// False if the deadline passed. Otherwise bytes may have arrived, or the connection has ended or has to.
asio::awaitable<bool> session::await_bytes(base::time_point deadline) {
  if (std::exchange(reads_held_, false)) connection_->resume_reads();
  wake_.expires_at(deadline);
  const auto [cancelled] = co_await wake_.async_wait(net::as_result);
  co_return cancelled.failed();
}

// False if the connection has to end.
asio::awaitable<bool> session::receive_header(request& asked) {
  const auto& config = server_.config;
  const auto idle_end = base::clock::now() + (answered_ ? config.idle_limit : config.request_deadline);
  while (connection_->is_open()) {
    const auto status = reader_.read_header(asked);
    if (status == request_reader::status::ready) co_return true;
    if (status == request_reader::status::bad) {
      server_.stats.count_refusal(reader_.refusal());
      refuse(reader_.refusal(), "invalid request");
      co_return false;
    }
    const bool begun = reader_.buffered() > 0;
    if (peer_ended_ || (!begun && server_.stopping)) co_return false;
    // The deadline is for a whole request, so a peer that sends a byte per second is refused too.
    if (co_await await_bytes(begun ? *began_ + config.request_deadline : idle_end)) continue;
    if (begun) {
      reason_ = errc::timeout;
      refuse(408, "the request took too long");
    } else {
      connection_->close(answered_ ? errc::cancelled : errc::timeout);
    }
    co_return false;
  }
  co_return false;
}

void session::refuse(unsigned status, const char* detail) {
  connection_->send(format_response(problem(status, detail), false, true));
}

void session::count_request() {
  if (std::exchange(counted_, true)) return;
  ++server_.stats.requests;
  connection_->prove();
}

asio::awaitable<std::optional<response>> session::receive_body(request& asked, const body_limits& limits) {
  const auto time = limits.deadline.count() > 0 ? limits.deadline : server_.config.request_deadline;
  const auto deadline = *began_ + time;
  const auto most = limits.bytes > 0 ? limits.bytes : server_.config.limits.body_bytes;
  while (connection_->is_open()) {
    const auto status = reader_.read_body(asked, most);
    if (status == request_reader::status::ready) {
      count_request();
      co_return std::nullopt;
    }
    if (status == request_reader::status::bad) {
      server_.stats.count_refusal(reader_.refusal());
      co_return problem(reader_.refusal(), "invalid request");
    }
    if (peer_ended_) break;
    if (reader_.take_expectation()) connection_->send(continue_line);
    if (co_await await_bytes(deadline)) continue;
    reason_ = errc::timeout;
    co_return problem(408, "the request took too long");
  }
  co_return problem(400, "the connection ended");
}

asio::awaitable<void> session::ask_routes(request& asked, std::optional<response>& given) {
  const body_receiver receive = [this](request& of, const body_limits& limits) { return receive_body(of, limits); };
  given = co_await server_.routes.answer(asked, receive);
}

asio::awaitable<response> session::answer(request& asked) {
  asked.peer = connection_->remote();
  counted_ = false;
  std::optional<response> given;
  std::exception_ptr failure;
  bool ended = false;
  try {
    ended = co_await run_until(ask_routes(asked, given), cancel_);
  } catch (...) {
    failure = std::current_exception();
  }
  net::log_exception("answering over HTTP", failure);
  if (failure) co_return problem(500, "the server could not answer; see its log");
  co_return ended&& given ? *std::move(given) : problem(503, "the process is stopping");
}

// False if the connection has to end.
asio::awaitable<bool> session::send(request& asked, const response& given) {
  const bool is_refusal = reader_.refusal() != 0 || reason_;
  // Middleware may have answered without the body, which then may be here or not.
  const bool whole = !is_refusal && (!reader_.in_body() || reader_.read_body(asked, server_.config.limits.body_bytes) ==
                                                               request_reader::status::ready);
  const bool keep_alive = whole && asked.keep_alive && !server_.stopping;
  if (!is_refusal) count_request();
  if (given.stream) co_return co_await send_stream(asked, given, keep_alive);
  connection_->send(format_response(given, keep_alive, asked.method != "HEAD"));
  if (!whole) co_await discard_body();
  co_return keep_alive;
}

// A connection that closes with unread input is reset, and the peer may lose the answer. So reads on for a moment.
asio::awaitable<void> session::discard_body() {
  discarding_ = true;
  const auto end = base::clock::now() + server_.config.unread_body_limit;
  while (connection_->is_open() && !peer_ended_)
    if (!co_await await_bytes(end)) co_return;
}

asio::awaitable<bool> session::send_stream(const request& asked, const response& given, bool keep_alive) {
  if (peer_ended_) {
    connection_->close(errc::peer_closed);
    co_return false;
  }
  const bool chunked = asked.understands_chunks;
  keep_alive = keep_alive && chunked;
  connection_->send(format_stream_header(given, keep_alive, chunked));
  if (asked.method == "HEAD") co_return keep_alive;
  stream_writer out(*this, chunked);
  std::exception_ptr failure;
  bool ended = false;
  streaming_ = true;
  try {
    if (!server_.stopping) ended = co_await run_until(given.stream(out), cancel_);
  } catch (...) {
    failure = std::current_exception();
  }
  streaming_ = false;
  net::log_exception("streaming over HTTP", failure);
  if (failure) connection_->close(errc::system_error);
  if (chunked) connection_->send(last_chunk);
  co_return ended&& keep_alive;
}

asio::awaitable<bool> session::write(std::string_view bytes, bool chunked) {
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, response_writer::piece);
    bytes.remove_prefix(part.size());
    // Answers to earlier requests may be under way; together with them this one might exceed the connection's limit.
    if (!co_await drain()) co_return false;
    connection_->send(chunked ? format_chunk(part) : std::string(part));
  }
  co_return co_await drain();
}

// Waits until the connection has taken everything. False if it is closed, which it is if that takes too long, or if the
// stream is cancelled.
asio::awaitable<bool> session::drain() {
  drain_wait late(*this);
  while (connection_->is_open() && connection_->queued() > 0) {
    const auto [woken] = co_await late.timer.async_wait(net::as_result);
    if (!woken) connection_->close(errc::timeout);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return false;
  }
  co_return connection_->is_open();
}

}  // namespace lars::http
