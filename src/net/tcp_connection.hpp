// One connection, of a client or a server. Passes received bytes to a handler and writes a bounded queue; it does
// not know messages. All connections of a thread share one read buffer, so an idle connection needs none.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/byte_stream.hpp"
#include "net/connection_limits.hpp"
#include "net/silence.hpp"
#include "net/timer.hpp"
#include "net/write_queue.hpp"

namespace lars::net {

namespace asio = boost::asio;

// Lifetime: shared; run() keeps it alive. Threads: owner context only, except where noted.
class tcp_connection : public std::enable_shared_from_this<tcp_connection> {
public:
  // Called with received bytes. Returning false closes the connection. Threads: owner context only.
  using on_bytes = std::function<bool(std::string_view)>;

  tcp_connection(std::unique_ptr<byte_stream> stream, connection_limits limits);
  tcp_connection(asio::ip::tcp::socket socket, connection_limits limits);

  // Reads and writes until the connection ends. Returns the reason: peer_closed, cancelled (close() was called),
  // bad_message (the handler returned false), too_large (the queue overflowed), timeout (a write made no progress).
  asio::awaitable<errc> run(on_bytes handler);

  // Queues bytes. Closes the connection if the queue is full.
  void send(shared_bytes bytes);
  void send(std::string bytes) { send(std::make_shared<const std::string>(std::move(bytes))); }
  void close(errc why = errc::cancelled);

  // Closes once the queue is written or a write makes no progress. Until then the handler still gets input.
  void close_when_written();

  // Closes with this reason after `time`, unless keep_open() is called before. A later call restarts the time.
  // The time stops while reads are held.
  void close_after(std::chrono::milliseconds time, errc why = errc::timeout);
  void keep_open();

  // For peers that announced to send regularly: closes (errc::timeout) after limits.silence without input. The time
  // stops while reads are held. May be called again.
  void expect_input();

  // Stops reading until resume_reads(), so that TCP flow control slows the peer down. A close by the peer is noticed
  // when reading resumes.
  void hold_reads();
  void resume_reads();

  // Sets a handler for "the queue is empty again". REQUIRES: called before run().
  void on_written(std::function<void()> handler) { on_written_ = std::move(handler); }

  // Sets a handler for "the peer has ended its direction". The connection then stays open for writing until it is
  // closed or a write fails; without a handler it closes. REQUIRES: called before run().
  void on_end(std::function<void()> handler) { on_end_ = std::move(handler); }

  // Marks that the peer has sent a valid message. A full server evicts connections without this mark.
  void prove() { proven_.store(true, std::memory_order_relaxed); }
  bool proven() const { return proven_.load(std::memory_order_relaxed); }  // any thread

  // Any thread.
  void send_from_anywhere(shared_bytes bytes);
  void close_from_anywhere();
  void resume_reads_from_anywhere();

  bool is_open() const { return !closed_; }
  std::size_t queued() const { return queue_.size(); }
  const std::string& peer() const { return peer_; }  // "a.b.c.d:port", any thread
  endpoint remote() const { return remote_; }  // the same; 0.0.0.0:0 if the peer closed before construction; any thread
  endpoint local() const { return local_; }    // our end; any thread
  asio::any_io_executor executor() { return stream_->executor(); }

private:
  template <class F>
  void from_anywhere(std::string_view doing, F f);
  void watch_silence();
  asio::awaitable<void> run_reads(on_bytes handler);
  enum class read_outcome { more, end, failed };
  read_outcome read(const on_bytes& handler);
  asio::awaitable<void> run_writes();
  asio::awaitable<errc> write(std::vector<asio::const_buffer> buffers);

  const std::unique_ptr<byte_stream> stream_;
  const connection_limits limits_;
  const endpoint remote_;
  const std::string peer_;
  const endpoint local_;
  timer write_wake_;   // never expires; cancelled when there is something to write
  timer read_wake_;    // never expires; cancelled when reading resumes
  timer close_timer_;  // of close_after()
  std::optional<std::chrono::milliseconds> close_delay_;
  errc close_reason_ = errc::timeout;
  std::optional<silence> silence_;  // set by expect_input()
  std::optional<timer> silence_timer_;
  std::function<void()> on_written_;
  std::function<void()> on_end_;
  std::atomic<bool> proven_{false};
  write_queue queue_;
  bool reads_held_ = false;
  bool closing_ = false;  // close() follows when the queue is written
  bool closed_ = false;
  errc end_reason_ = errc::peer_closed;
};

}  // namespace lars::net
