#include "net/tcp_question.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "net/as_result.hpp"

namespace lars::net {

using namespace asio::experimental::awaitable_operators;

asio::awaitable<reaction> tcp_question::ask(endpoint where, std::string question, std::chrono::milliseconds patience) {
  timer_.expires_after(patience);
  auto outcome = co_await (network_.connect(where, patience) || timer_.async_wait(as_result));
  if (outcome.index() == 1 || !std::get<0>(outcome)) co_return reaction::unreachable;
  stream_ = *std::get<0>(std::move(outcome));
  const auto told = co_await converse(std::move(question), patience);
  stream_->close();
  co_return told;
}

asio::awaitable<reaction> tcp_question::converse(std::string question, std::chrono::milliseconds patience) {
  error_code failure;
  stream_->write_now(asio::buffer(question), failure);
  bool half_closed = false;
  while (!failure) {
    timer_.expires_after(patience);
    const auto waited = co_await (stream_->wait_readable() || timer_.async_wait(as_result));
    if (waited.index() == 1) {
      if (std::exchange(half_closed, true)) co_return reaction::silent;
      stream_->shutdown_send(failure);
      continue;
    }
    std::array<char, 64> answer;
    const auto size = stream_->read_some(asio::buffer(answer), failure);
    if (size > 0) co_return reaction::answered;
    if (failure == asio::error::would_block || failure == asio::error::interrupted) failure.clear();
    if (failure == asio::error::eof && half_closed) co_return reaction::closed;
  }
  co_return reaction::unreachable;
}

void tcp_question::give_up() {
  if (stream_) stream_->close();
  timer_.cancel();
}

}  // namespace lars::net
