// Tells in the log who connects to a port and leaves without a message: a line a minute and address.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>

#include "net/silent_peers.hpp"

namespace lars::net {

namespace asio = boost::asio;

// Lifetime: its server's; who may outlive that holds it weakly. Threads: `home` only, except note_from_anywhere.
class silent_log : public std::enable_shared_from_this<silent_log> {
public:
  // `port` is named in the lines.
  silent_log(asio::io_context& home, std::uint32_t port);

  // A connection from this address ended so.
  void note(std::uint32_t ip);
  static void note_from_anywhere(asio::io_context& home, std::weak_ptr<silent_log> lines, std::uint32_t ip);

  // Tells the rest at once.
  void flush();

private:
  void wait();
  void tell(const silent_peers::count& peer) const;

  const std::uint32_t port_;
  silent_peers peers_;
  asio::steady_timer timer_;
};

}  // namespace lars::net
