// One HTTP connection: answers its requests in order.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <lars/error.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "base/clock.hpp"
#include "http/message.hpp"
#include "http/request_reader.hpp"
#include "http/shared_state.hpp"
#include "net/tcp_connection.hpp"
#include "net/timer.hpp"

namespace lars::http {

// Two coroutines share it: one moves bytes (tcp_connection::run), one reads requests and answers them. A request is
// read only when the one before it was answered. Meanwhile no more than a header's size is buffered.
// Lifetime: the coroutine that awaits run(). Threads: the context of the connection only.
class session {
public:
  session(shared_state& server, std::shared_ptr<net::tcp_connection> connection, std::size_t context);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  // Serves the connection to its end and returns the reason.
  asio::awaitable<errc> run();

  // The server stops: ends idle connections and streams. A request is still answered.
  void stop();
  // The same, and cancels handlers; their requests are answered with 503.
  void stop_handlers();

private:
  class stream_writer;
  struct drain_wait;

  asio::awaitable<errc> run_connection();
  asio::awaitable<void> run_requests();
  bool on_bytes(std::string_view bytes);
  void on_written();
  void on_end();

  // What a request needs, in the order of the calls.
  asio::awaitable<bool> receive_header(request& asked);
  asio::awaitable<std::optional<response>> receive_body(request& asked, const body_limits& limits);
  asio::awaitable<bool> await_bytes(base::time_point deadline);
  asio::awaitable<response> answer(request& asked);
  asio::awaitable<void> ask_routes(request& asked, std::optional<response>& given);
  asio::awaitable<bool> send(request& asked, const response& given);
  asio::awaitable<bool> send_stream(const request& asked, const response& given, bool keep_alive);
  asio::awaitable<bool> write(std::string_view bytes, bool chunked);
  asio::awaitable<bool> drain();
  asio::awaitable<void> discard_body();

  void refuse(unsigned status, const char* detail);
  void count_request();

  shared_state& server_;
  const std::shared_ptr<net::tcp_connection> connection_;
  const std::size_t context_;
  request_reader reader_;
  net::timer wake_;                        // cancelled when bytes arrive or the connection ends
  net::timer end_limit_;                   // since the peer ended its direction
  net::timer cancel_;                      // cancelled when the handler or the stream has to end
  std::set<net::timer*> drains_;           // cancelled when the peer has taken everything
  std::optional<base::time_point> began_;  // when the first byte of the current request arrived
  std::optional<errc> reason_;             // of the end, where the connection does not know it
  bool answered_ = false;                  // at least one request
  bool counted_ = false;                   // the current request
  bool streaming_ = false;
  bool peer_ended_ = false;  // sends no more; it may still read
  bool discarding_ = false;  // input is not read as requests any more
  bool reads_held_ = false;
};

}  // namespace lars::http
