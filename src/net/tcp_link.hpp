// The way out: connects, within a deadline. What a link does when it loses its peer is its role's business.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>

#include "net/tcp_connection.hpp"

namespace lars::net {

// Connects to `where` from the calling coroutine's context.
// errc::timeout when nobody answered within the deadline, errc::connection_refused otherwise.
asio::awaitable<result<std::shared_ptr<tcp_connection>>> connect(endpoint where, std::chrono::milliseconds deadline,
                                                                 connection_limits limits);

}  // namespace lars::net
