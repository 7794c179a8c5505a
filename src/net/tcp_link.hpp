// Opens outgoing connections. Reconnecting is up to the role.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>

#include "net/network.hpp"
#include "net/tcp_connection.hpp"

namespace lars::net {

// Connects to `where` from the calling coroutine's context.
// errc::timeout if the peer did not answer within the deadline, errc::connection_refused for all other failures.
asio::awaitable<result<std::shared_ptr<tcp_connection>>> connect(endpoint where, std::chrono::milliseconds deadline,
                                                                 connection_limits limits,
                                                                 network& over = system_network());

}  // namespace lars::net
