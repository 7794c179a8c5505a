// What the agent's loops run on.
#pragma once

#include <boost/asio/io_context.hpp>

#include "net/blocking_pool.hpp"
#include "net/network.hpp"

namespace lars::agent {

// Lifetime: all of it outlives its users.
struct agent_io {
  boost::asio::io_context& context;  // the agent's own
  net::blocking_pool& files;         // with one thread
  net::network& network;
};

}  // namespace lars::agent
