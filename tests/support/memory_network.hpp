// A network in memory whose faults are chosen by the test: servers that refuse, hang, stop reading, or end a
// connection.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "net/network.hpp"
#include "net/timer.hpp"

namespace lars::test {

// Bytes on their way from one end to the other.
struct memory_pipe {
  explicit memory_pipe(const boost::asio::any_io_executor& executor);

  std::string bytes;
  std::size_t capacity = SIZE_MAX;  // of what the reader has not taken
  bool ended = false;               // the reader sees an end of file after the bytes
  net::error_code read_failure;     // what the reader sees instead
  net::error_code write_failure;    // what the writer sees
  net::timer changed;               // its waits are cancelled when anything above changes
  std::function<void(std::string_view)> observe = [](std::string_view) {};  // called with what is written

  void change() { changed.cancel(); }
  void fail(net::error_code failure);  // for both ends
};

class memory_stream final : public net::byte_stream {
public:
  memory_stream(boost::asio::any_io_executor executor, std::shared_ptr<memory_pipe> in,
                std::shared_ptr<memory_pipe> out, endpoint local, endpoint remote);
  ~memory_stream() override { memory_stream::close(); }

  boost::asio::awaitable<net::error_code> wait_readable() override;
  std::size_t read_some(boost::asio::mutable_buffer to, net::error_code& failure) override;
  boost::asio::awaitable<net::written> write_some(std::span<const boost::asio::const_buffer> from) override;
  std::size_t write_now(boost::asio::const_buffer from, net::error_code& failure) override;
  void shutdown_send(net::error_code& failure) override;
  void close() noexcept override;
  void keep_alive(const net::connection_limits&) override {}
  endpoint remote() const override { return remote_; }
  endpoint local() const override { return local_; }
  boost::asio::any_io_executor executor() override { return executor_; }

private:
  boost::asio::any_io_executor executor_;
  std::shared_ptr<memory_pipe> in_;
  std::shared_ptr<memory_pipe> out_;
  const endpoint local_;
  const endpoint remote_;
  bool closed_ = false;
};

// The far end of a connection, in the hands of a test.
class memory_peer {
public:
  memory_peer(std::shared_ptr<memory_pipe> in, std::shared_ptr<memory_pipe> out)
      : in_(std::move(in)), out_(std::move(out)) {}

  void send(std::string_view bytes);
  std::string received();                     // takes what has arrived
  bool closed() const { return in_->ended; }  // the other end closed or ended its direction
  void end_sending();                         // its own direction; it still reads
  void close();                               // in order
  void reset(net::error_code failure);        // both directions fail with this
  void accept_only(std::size_t capacity);     // stops reading after this many bytes

private:
  std::shared_ptr<memory_pipe> in_;
  std::shared_ptr<memory_pipe> out_;
};

struct memory_datagram {
  endpoint from;
  std::string bytes;
};

// Lifetime: outlives its streams and servers. Threads: one.
class memory_network final : public net::network {
public:
  // What becomes of a connection to an address. An address without a listener and without a word here refuses.
  void serve(endpoint where) { served_.insert(where); }  // accepted; the far end is in peers(where)
  void hang(endpoint where, bool hangs = true);          // neither accepted nor refused

  // Resets the connections between this address and all others that connected to it.
  void reset(endpoint where);

  std::deque<memory_peer>& peers(endpoint where) { return peers_[where]; }

  // Sends a datagram. False if there is no server: it waits in received(to).
  bool send(endpoint from, endpoint to, std::string_view bytes);
  std::deque<memory_datagram>& received(endpoint where) { return received_[where]; }

  // Called with all bytes of connections and datagrams when they are sent.
  std::function<void(endpoint from, endpoint to, std::string_view bytes)> observe = [](endpoint, endpoint,
                                                                                       std::string_view) {};

  boost::asio::awaitable<result<std::unique_ptr<net::byte_stream>>> connect(
      endpoint where, std::chrono::milliseconds deadline) override;
  result<std::unique_ptr<net::listener>> listen(boost::asio::io_context& context, endpoint where) override;
  result<std::unique_ptr<net::datagram_server>> bind(boost::asio::io_context& context, endpoint where) override;

  struct queue;  // connections that wait for accept()
  struct inbox;  // datagrams that wait for a server

private:
  std::uint32_t next_port_ = 40'000;
  std::set<endpoint> served_;
  std::set<endpoint> hanging_;
  std::map<endpoint, std::deque<memory_peer>> peers_;
  std::map<endpoint, std::weak_ptr<queue>> listeners_;
  struct connection {
    std::weak_ptr<memory_pipe> there;
    std::weak_ptr<memory_pipe> back;
  };
  std::multimap<endpoint, connection> connections_;  // by the address that was connected to; some may be over
  std::map<endpoint, std::weak_ptr<inbox>> servers_;
  std::map<endpoint, std::deque<memory_datagram>> received_;
};

// Two ends of one connection.
struct memory_pair {
  std::unique_ptr<memory_stream> stream;
  memory_peer peer;
};
memory_pair connected_pair(const boost::asio::any_io_executor& executor, endpoint remote = {0x7f000001, 7000});

}  // namespace lars::test
