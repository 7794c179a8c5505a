#include "net/tcp_connection.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/endpoint.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"
#include "net/tcp_stream.hpp"

namespace lars::net {
namespace {

using namespace asio::experimental::awaitable_operators;
constexpr auto never = base::time_point::max;

// One buffer per thread is enough, because the handler consumes the bytes before the next read.
std::array<char, 64 * 1024>& read_buffer() {
  thread_local std::array<char, 64 * 1024> buffer;
  return buffer;
}

}  // namespace

tcp_connection::tcp_connection(std::unique_ptr<byte_stream> stream, connection_limits limits)
    : stream_(std::move(stream)),
      limits_(limits),
      remote_(stream_->remote()),
      peer_(remote_ == endpoint{} ? "?" : base::format_endpoint(remote_)),
      local_(stream_->local()),
      write_wake_(stream_->executor(), never()),
      read_wake_(stream_->executor(), never()),
      close_timer_(stream_->executor()),
      queue_(limits.write_queue_bytes) {
  stream_->keep_alive(limits_);
}

tcp_connection::tcp_connection(asio::ip::tcp::socket socket, connection_limits limits)
    : tcp_connection(std::make_unique<tcp_stream>(std::move(socket)), limits) {}

asio::awaitable<errc> tcp_connection::run(on_bytes handler) {
  const auto self = shared_from_this();
  try {
    co_await (run_reads(std::move(handler)) && run_writes());
  } catch (...) {
    close(errc::system_error);  // a handler threw: other owners must see a closed connection
    throw;
  }
  co_return end_reason_;
}

asio::awaitable<void> tcp_connection::run_reads(on_bytes handler) {
  while (!closed_) {
    if (reads_held_) {
      co_await read_wake_.async_wait(as_result);
      continue;
    }
    const auto failure = co_await stream_->wait_readable();
    if (closed_ || reads_held_) continue;
    const auto outcome = failure ? read_outcome::failed : read(handler);
    if (outcome == read_outcome::end && on_end_) co_return on_end_();
    if (outcome != read_outcome::more) close(errc::peer_closed);
  }
}

// Reads the available bytes, up to the size of the buffer.
tcp_connection::read_outcome tcp_connection::read(const on_bytes& handler) {
  auto& buffer = read_buffer();
  boost::system::error_code failure;
  const std::size_t size = stream_->read_some(asio::buffer(buffer), failure);
  if (failure == asio::error::would_block || failure == asio::error::interrupted) return read_outcome::more;
  if (failure) return failure == asio::error::eof ? read_outcome::end : read_outcome::failed;
  if (silence_) silence_->end(base::clock::now());
  if (!handler(std::string_view(buffer.data(), size))) close(errc::bad_message);
  return read_outcome::more;
}

asio::awaitable<void> tcp_connection::run_writes() {
  while (!closed_) {
    if (queue_.empty()) {
      if (closing_) co_return close();
      co_await write_wake_.async_wait(as_result);
      continue;
    }
    const auto batch = queue_.take();
    std::vector<asio::const_buffer> buffers;
    buffers.reserve(batch.size());
    for (const auto& bytes : batch) buffers.push_back(asio::buffer(*bytes));
    const errc failure = co_await write(std::move(buffers));
    queue_.done();
    if (failure != errc{})
      close(failure);
    else if (on_written_ && queue_.empty() && !closed_)
      on_written_();
  }
}

// Writes all buffers. The deadline is for each write, so a slow peer is not closed while it accepts bytes. errc{} =
// done.
asio::awaitable<errc> tcp_connection::write(std::vector<asio::const_buffer> buffers) {
  std::span<asio::const_buffer> rest(buffers);
  while (!rest.empty()) {
    timer deadline(stream_->executor(), limits_.write_deadline);
    const auto outcome = co_await (stream_->write_some(rest) || deadline.async_wait(as_result));
    if (outcome.index() == 1) co_return errc::timeout;
    auto [failure, size] = std::get<0>(outcome);
    if (failure) co_return errc::peer_closed;
    while (!rest.empty() && size >= rest.front().size()) {
      size -= rest.front().size();
      rest = rest.subspan(1);
    }
    if (size > 0) rest.front() += size;
  }
  co_return errc{};
}

void tcp_connection::send(shared_bytes bytes) {
  if (closed_ || closing_) return;
  if (!queue_.push(std::move(bytes)))
    close(errc::too_large);
  else
    write_wake_.cancel();
}

void tcp_connection::close_when_written() {
  closing_ = true;
  write_wake_.cancel();
}

void tcp_connection::close_after(std::chrono::milliseconds time, errc why) {
  close_delay_ = time;
  close_reason_ = why;
  if (reads_held_) return;
  close_timer_.expires_after(time);
  close_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& stopped) {
    if (const auto self = weak.lock(); self && !stopped && self->close_timer_.expiry() <= base::clock::now())
      self->close(self->close_reason_);
  });
}

void tcp_connection::keep_open() {
  close_delay_.reset();
  close_timer_.cancel();
}

void tcp_connection::expect_input() {
  if (silence_ || closed_) return;
  silence_.emplace(limits_.silence, base::clock::now());
  silence_timer_.emplace(stream_->executor());
  watch_silence();
}

// Input does not restart the timer: when it fires, it waits for the rest of the period since the last input.
void tcp_connection::watch_silence() {
  silence_timer_->expires_at(silence_->due());
  silence_timer_->async_wait([weak = weak_from_this()](const boost::system::error_code& stopped) {
    const auto self = weak.lock();
    if (!self || stopped || self->closed_) return;
    const auto now = base::clock::now();
    if (self->reads_held_) self->silence_->end(now);
    if (self->silence_->over(now)) return self->close(errc::timeout);
    self->watch_silence();
  });
}

void tcp_connection::hold_reads() {
  reads_held_ = true;
  close_timer_.cancel();
}

void tcp_connection::resume_reads() {
  reads_held_ = false;
  read_wake_.cancel();
  if (silence_) silence_->end(base::clock::now());
  if (close_delay_) close_after(*close_delay_, close_reason_);
}

void tcp_connection::close(errc why) {
  if (closed_) return;
  closed_ = true;
  end_reason_ = why;
  stream_->close();
  write_wake_.cancel();
  read_wake_.cancel();
  close_timer_.cancel();
  if (silence_timer_) silence_timer_->cancel();
}

// Closes the connection if f throws, because no caller would notice the lost operation.
template <class F>
void tcp_connection::from_anywhere(std::string_view doing, F f) {
  asio::post(stream_->executor(), [self = shared_from_this(), doing, f = std::move(f)]() mutable {
    if (!fenced(doing, [&] { f(*self); })) self->close(errc::system_error);
  });
}

void tcp_connection::send_from_anywhere(shared_bytes bytes) {
  from_anywhere("sending to a peer", [bytes = std::move(bytes)](tcp_connection& to) { to.send(bytes); });
}

void tcp_connection::close_from_anywhere() {
  from_anywhere("closing a connection", [](tcp_connection& connection) { connection.close(); });
}

void tcp_connection::resume_reads_from_anywhere() {
  from_anywhere("resuming reads", [](tcp_connection& from) { from.resume_reads(); });
}

}  // namespace lars::net
