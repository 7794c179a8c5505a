// Logs the peers that connect to a port and leave without a valid message: one line per minute and address.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>

#include "net/silent_peers.hpp"
#include "net/timer.hpp"

namespace lars::net {

namespace asio = boost::asio;

// Lifetime: its server's; objects that may outlive the server hold it weakly. Threads: `home` only, except where noted.
class silent_log : public std::enable_shared_from_this<silent_log> {
public:
  // `port` appears in the lines.
  silent_log(asio::io_context& home, std::uint32_t port);

  // Records a connection from this address.
  void note(std::uint32_t ip);
  // Any thread.
  static void note_from_anywhere(asio::io_context& home, std::weak_ptr<silent_log> lines, std::uint32_t ip);

  // Logs everything that is recorded, without waiting.
  void flush();

private:
  void wait();
  void tell(const silent_peers::count& peer) const;

  const std::uint32_t port_;
  silent_peers peers_;
  timer timer_;
};

}  // namespace lars::net
