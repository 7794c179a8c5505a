// Serves one connection of an agent.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <lars/error.hpp>
#include <memory>

#include "dns/sessions/publisher.hpp"
#include "net/tcp_connection.hpp"

namespace lars::dns {

// Answers requests on the connection's own context, from that context's table alone, until the connection ends;
// returns why it did.
boost::asio::awaitable<errc> run_agent_session(std::shared_ptr<publisher> routes,
                                               std::shared_ptr<net::tcp_connection> connection, std::size_t context);

}  // namespace lars::dns
