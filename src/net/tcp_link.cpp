#include "net/tcp_link.hpp"

#include <utility>

namespace lars::net {

asio::awaitable<result<std::shared_ptr<tcp_connection>>> connect(endpoint where, std::chrono::milliseconds deadline,
                                                                 connection_limits limits, network& over) {
  auto stream = co_await over.connect(where, deadline);
  if (!stream) co_return stream.error();
  co_return std::make_shared<tcp_connection>(*std::move(stream), limits);
}

}  // namespace lars::net
