// One TCP connection, either side's: reads bytes to a handler, writes a bounded queue. Knows no message. One that is
// silent costs no buffer: all connections of a thread read into the same one.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/silence.hpp"
#include "net/write_queue.hpp"

namespace lars::net {

namespace asio = boost::asio;

// Immutable settings of a connection.
struct connection_limits {
  std::size_t write_queue_bytes = 64u << 20;        // a reader that never reads costs at most this
  std::chrono::milliseconds write_deadline{10000};  // a peer that takes no byte for so long is closed
  // A peer whose machine or network is gone is noticed by the kernel: after so long without traffic it asks the other
  // kernel, and so many questions apart that are not answered close the connection. A program that is silent stays.
  std::chrono::seconds keepalive_idle{60};
  std::chrono::seconds keepalive_interval{10};
  int keepalive_probes = 3;
  std::chrono::milliseconds unacknowledged{30000};  // what was sent and is not acknowledged for so long closes it too
  std::chrono::milliseconds silence{30000};         // of a peer of expect_input()
};

// Lifetime: shared; run() keeps it alive. Threads: owner context only, except send_from_anywhere and
// close_from_anywhere.
class tcp_connection : public std::enable_shared_from_this<tcp_connection> {
public:
  // Called with each piece of bytes that arrived; false closes the connection. Owner context.
  using on_bytes = std::function<bool(std::string_view)>;

  tcp_connection(asio::ip::tcp::socket socket, connection_limits limits);

  // Reads and writes until the connection ends; returns why: peer_closed, cancelled (close() was called),
  // bad_message (the handler returned false), too_large (the queue overflowed), timeout (a write stood still).
  asio::awaitable<errc> run(on_bytes handler);

  // Queues bytes; closes the connection when the queue is full.
  void send(shared_bytes bytes);
  void send(std::string bytes) { send(std::make_shared<const std::string>(std::move(bytes))); }
  void close(errc why = errc::cancelled);

  // Closes once everything queued is written, or a write stands still. What still arrives goes to the handler.
  void close_when_written();

  // Closes with this reason once the time has passed, unless keep_open() comes before; a later call counts from then.
  // Time does not pass while reads are held.
  void close_after(std::chrono::milliseconds time, errc why = errc::timeout);
  void keep_open();

  // The peer has announced that it says something all the time: it is closed (errc::timeout) once it has said nothing
  // for limits.silence. Time does not pass while reads are held. Harmless when repeated.
  void expect_input();

  // Takes nothing more off the wire until resume_reads(), so that TCP pushes the peer back. A peer that leaves
  // meanwhile is noticed when reading goes on.
  void hold_reads();
  void resume_reads();

  // Called whenever everything that was queued has been written. Before run().
  void on_written(std::function<void()> handler) { written_ = std::move(handler); }

  // The peer has shown that it speaks our protocol; a server that is full lets go of those that have not.
  void prove() { proven_.store(true, std::memory_order_relaxed); }
  bool proven() const { return proven_.load(std::memory_order_relaxed); }  // any thread

  // Any thread.
  void send_from_anywhere(shared_bytes bytes);
  void close_from_anywhere();
  void resume_reads_from_anywhere();

  bool is_open() const { return !closed_; }
  std::size_t queued() const { return queue_.size(); }
  const std::string& peer() const { return peer_; }  // "a.b.c.d:port", any thread
  endpoint remote() const { return remote_; }        // the same, 0.0.0.0:0 where it left at once; any thread
  endpoint local() const { return local_; }          // our own end, any thread
  asio::any_io_executor executor() { return socket_.get_executor(); }

private:
  template <class F>
  void from_anywhere(std::string_view doing, F f);
  void watch_silence();
  asio::awaitable<void> run_reads(on_bytes handler);
  bool read(const on_bytes& handler);
  asio::awaitable<void> run_writes();
  asio::awaitable<errc> write(std::vector<asio::const_buffer> buffers);

  const connection_limits limits_;
  const endpoint remote_;
  const std::string peer_;
  const endpoint local_;
  asio::ip::tcp::socket socket_;
  asio::steady_timer wake_;  // expiry = never; cancelled when there is something to write
  asio::steady_timer gate_;  // expiry = never; cancelled when reading may go on
  asio::steady_timer doom_;  // see close_after()
  std::optional<std::chrono::milliseconds> doomed_;
  errc doom_reason_ = errc::timeout;
  std::optional<silence> silence_;  // once input is expected
  std::optional<asio::steady_timer> silence_timer_;
  std::function<void()> written_;
  std::atomic<bool> proven_{false};
  write_queue queue_;
  bool reads_held_ = false;
  bool closing_ = false;  // when everything is written
  bool closed_ = false;
  errc why_ = errc::peer_closed;
};

}  // namespace lars::net
