#include "support/memory_network.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstring>

#include "base/endpoint.hpp"
#include "net/as_result.hpp"

namespace lars::test {
namespace {

namespace asio = boost::asio;
constexpr endpoint own_address{0x7f000001, 50'000};

bool is_cancelled(const asio::cancellation_state& of) { return of.cancelled() != asio::cancellation_type::none; }

}  // namespace

memory_pipe::memory_pipe(const asio::any_io_executor& executor) : changed(executor, base::time_point::max()) {}

memory_stream::memory_stream(asio::any_io_executor executor, std::shared_ptr<memory_pipe> in,
                             std::shared_ptr<memory_pipe> out, endpoint local, endpoint remote)
    : executor_(std::move(executor)), in_(std::move(in)), out_(std::move(out)), local_(local), remote_(remote) {}

asio::awaitable<net::error_code> memory_stream::wait_readable() {
  const auto pipe = in_;
  while (!closed_ && pipe->bytes.empty() && !pipe->ended && !pipe->read_failure) {
    co_await pipe->changed.async_wait(net::as_result);
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) co_return asio::error::operation_aborted;
  }
  co_return closed_ ? asio::error::operation_aborted : net::error_code{};
}

std::size_t memory_stream::read_some(asio::mutable_buffer to, net::error_code& failure) {
  failure = closed_ ? net::error_code(asio::error::bad_descriptor) : in_->read_failure;
  if (failure) return 0;
  const auto size = std::min(to.size(), in_->bytes.size());
  if (size == 0) {
    failure = in_->ended ? net::error_code(asio::error::eof) : net::error_code(asio::error::would_block);
    return 0;
  }
  std::memcpy(to.data(), in_->bytes.data(), size);
  in_->bytes.erase(0, size);
  in_->change();
  return size;
}

asio::awaitable<net::written> memory_stream::write_some(std::span<const asio::const_buffer> from) {
  const auto pipe = out_;
  while (true) {
    if (closed_) co_return net::written{asio::error::operation_aborted};
    if (pipe->write_failure) co_return net::written{pipe->write_failure};
    if (pipe->bytes.size() < pipe->capacity) break;
    co_await pipe->changed.async_wait(net::as_result);
    if (is_cancelled(co_await asio::this_coro::cancellation_state))
      co_return net::written{asio::error::operation_aborted};
  }
  net::written done;
  for (const auto& each : from) {
    const auto size = write_now(each, done.failure);
    done.bytes += size;
    if (size < each.size()) break;
  }
  co_return net::written{{}, done.bytes};
}

std::size_t memory_stream::write_now(asio::const_buffer from, net::error_code& failure) {
  failure = closed_ ? net::error_code(asio::error::bad_descriptor) : out_->write_failure;
  if (failure) return 0;
  const auto size = std::min(from.size(), out_->capacity - std::min(out_->capacity, out_->bytes.size()));
  if (size == 0 && from.size() > 0) failure = asio::error::would_block;
  out_->bytes.append(static_cast<const char*>(from.data()), size);
  out_->change();
  return size;
}

void memory_stream::shutdown_send(net::error_code& failure) {
  failure = out_->write_failure;
  out_->ended = true;
  out_->change();
}

void memory_stream::close() noexcept {
  closed_ = true;
  out_->ended = true;
  out_->change();
  in_->write_failure = asio::error::broken_pipe;
  in_->change();
}

void memory_peer::send(std::string_view bytes) {
  out_->bytes += bytes;
  out_->change();
}

std::string memory_peer::received() {
  auto bytes = std::exchange(in_->bytes, {});
  in_->change();
  return bytes;
}

void memory_peer::end_sending() {
  out_->ended = true;
  out_->change();
}

void memory_peer::close() {
  end_sending();
  in_->write_failure = asio::error::broken_pipe;
  in_->change();
}

void memory_peer::reset(net::error_code failure) {
  out_->read_failure = failure;
  out_->change();
  in_->write_failure = failure;
  in_->change();
}

void memory_peer::accept_only(std::size_t capacity) {
  in_->capacity = capacity;
  in_->change();
}

memory_pair connected_pair(const asio::any_io_executor& executor, endpoint remote) {
  const auto to_peer = std::make_shared<memory_pipe>(executor);
  const auto from_peer = std::make_shared<memory_pipe>(executor);
  return {std::make_unique<memory_stream>(executor, from_peer, to_peer, own_address, remote),
          memory_peer(to_peer, from_peer)};
}

struct memory_network::queue {
  explicit queue(asio::io_context& context) : arrived(context, base::time_point::max()) {}

  struct half {
    std::shared_ptr<memory_pipe> in;
    std::shared_ptr<memory_pipe> out;
    endpoint remote;
  };
  std::deque<half> waiting;
  net::timer arrived;
  bool open = true;
};

namespace {

class memory_listener final : public net::listener {
public:
  memory_listener(endpoint where, std::shared_ptr<memory_network::queue> from)
      : where_(where), queue_(std::move(from)) {}
  ~memory_listener() override { memory_listener::close(); }

  std::uint32_t port() const override { return where_.port; }

  asio::awaitable<net::accepted> accept(asio::io_context& home) override {
    const auto queue = queue_;
    while (queue->open && queue->waiting.empty()) co_await queue->arrived.async_wait(net::as_result);
    if (!queue->open) co_return net::accepted{asio::error::operation_aborted, nullptr};
    auto half = std::move(queue->waiting.front());
    queue->waiting.pop_front();
    co_return net::accepted{
        {}, std::make_unique<memory_stream>(home.get_executor(), half.in, half.out, where_, half.remote)};
  }

  bool is_open() const override { return queue_->open; }
  void close() noexcept override {
    queue_->open = false;
    queue_->arrived.cancel();
  }

private:
  const endpoint where_;
  const std::shared_ptr<memory_network::queue> queue_;
};

}  // namespace

void memory_network::hang(endpoint where, bool hangs) {
  if (hangs)
    hanging_.insert(where);
  else
    hanging_.erase(where);
}

asio::awaitable<result<std::unique_ptr<net::byte_stream>>> memory_network::connect(endpoint where,
                                                                                   std::chrono::milliseconds deadline) {
  const auto executor = co_await asio::this_coro::executor;
  if (hanging_.contains(where)) {
    net::timer late(executor, deadline);
    co_await late.async_wait(net::as_result);
    co_return error{errc::timeout, base::format_endpoint(where)};
  }
  const auto found = listeners_.find(where);
  const auto listening = found == listeners_.end() ? nullptr : found->second.lock();
  if (!served_.contains(where) && !(listening && listening->open))
    co_return error{errc::connection_refused, base::format_endpoint(where) + ": Connection refused"};
  const auto there = std::make_shared<memory_pipe>(executor);
  const auto back = std::make_shared<memory_pipe>(executor);
  const endpoint own{own_address.ip, next_port_++};
  if (listening) {
    listening->waiting.push_back({there, back, own});
    listening->arrived.cancel();
  } else {
    peers_[where].emplace_back(there, back);
  }
  co_return std::unique_ptr<net::byte_stream>(std::make_unique<memory_stream>(executor, back, there, own, where));
}

result<std::unique_ptr<net::listener>> memory_network::listen(asio::io_context& context, endpoint where) {
  if (where.port == 0) where.port = next_port_++;
  auto& known = listeners_[where];
  if (const auto other = known.lock(); other && other->open)
    return error{errc::connection_refused, "TCP " + base::format_endpoint(where) + ": Address already in use"};
  const auto waiting = std::make_shared<queue>(context);
  known = waiting;
  return std::unique_ptr<net::listener>(std::make_unique<memory_listener>(where, waiting));
}

}  // namespace lars::test
