// Serves one connection of an agent.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lars/error.hpp>
#include <memory>

#include "net/tcp_connection.hpp"
#include "reporter/collector.hpp"

namespace lars::reporter {

// Passes every report to the collector and answers pings until the connection ends; returns why it ended.
// Threads: the connection's context.
boost::asio::awaitable<errc> run_session(std::shared_ptr<collector> reports,
                                         std::shared_ptr<net::tcp_connection> connection);

}  // namespace lars::reporter
