#include "net/tcp_question.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include <utility>

#include "net/as_result.hpp"

namespace lars::net {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using asio::ip::tcp;

asio::awaitable<reaction> tcp_question::ask(endpoint where, std::string question, std::chrono::milliseconds patience) {
  boost::system::error_code failure;
  socket_.close(failure);
  const tcp::endpoint to(asio::ip::address_v4(where.ip), static_cast<std::uint16_t>(where.port));
  timer_.expires_after(patience);
  const auto connected = co_await (socket_.async_connect(to, as_result) || timer_.async_wait(as_result));
  if (connected.index() == 1 || std::get<0>(std::get<0>(connected))) co_return reaction::unreachable;
  socket_.non_blocking(true, failure);
  socket_.write_some(asio::buffer(question), failure);
  bool half_closed = false;
  while (!failure) {
    timer_.expires_after(patience);
    const auto waited =
        co_await (socket_.async_wait(tcp::socket::wait_read, as_result) || timer_.async_wait(as_result));
    if (waited.index() == 1) {
      if (std::exchange(half_closed, true)) co_return reaction::silent;
      socket_.shutdown(tcp::socket::shutdown_send, failure);
      continue;
    }
    std::array<char, 64> answer;
    const auto size = socket_.read_some(asio::buffer(answer), failure);
    if (size > 0) co_return reaction::answered;
    if (failure == asio::error::would_block || failure == asio::error::interrupted) failure.clear();
    if (failure == asio::error::eof && half_closed) co_return reaction::closed;
  }
  co_return reaction::unreachable;
}

void tcp_question::give_up() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
}

}  // namespace lars::net
