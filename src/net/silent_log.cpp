#include "net/silent_log.hpp"

#include <boost/system/error_code.hpp>
#include <utility>

#include "base/endpoint.hpp"
#include "log/log.hpp"
#include "net/fence.hpp"

namespace lars::net {

silent_log::silent_log(asio::io_context& home, std::uint32_t port) : port_(port), timer_(home) {}

void silent_log::note(std::uint32_t ip) {
  const bool waits = peers_.due().has_value();
  peers_.note(ip, base::clock::now());
  if (!waits) wait();
}

void silent_log::note_from_anywhere(asio::io_context& home, std::weak_ptr<silent_log> lines, std::uint32_t ip) {
  post(home, "noting a silent connection", [lines = std::move(lines), ip] {
    if (const auto self = lines.lock()) self->note(ip);
  });
}

void silent_log::flush() {
  timer_.cancel();
  for (const auto& each : peers_.take_all()) tell(each);
}

void silent_log::wait() {
  timer_.expires_at(*peers_.due());
  timer_.async_wait([lines = weak_from_this()](const boost::system::error_code& stopped) {
    const auto self = lines.lock();
    if (!self || stopped) return;
    fenced("telling silent connections", [&self] {
      for (const auto& each : self->peers_.take_due(base::clock::now())) self->tell(each);
    });
    if (self->peers_.due()) self->wait();
  });
}

void silent_log::tell(const silent_peers::count& peer) const {
  const bool known = peer.ip != silent_peers::others;
  log::info(
      "net.silent_connections",
      {{"port", port_}, {"peer", known ? base::format_ipv4(peer.ip) : "others"}, {"connections", peer.connections}});
}

}  // namespace lars::net
