#include "support/memory_network.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstring>
#include <vector>

#include "base/endpoint.hpp"
#include "net/as_result.hpp"

namespace lars::test {
namespace {

namespace asio = boost::asio;
constexpr endpoint own_address{0x7f000001, 50'000};

bool is_cancelled(const asio::cancellation_state& of) { return of.cancelled() != asio::cancellation_type::none; }

}  // namespace

memory_pipe::memory_pipe(const asio::any_io_executor& executor) : changed(executor, base::time_point::max()) {}

void memory_pipe::fail(net::error_code failure) {
  read_failure = failure;
  write_failure = failure;
  change();
}

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
  const std::string_view taken(static_cast<const char*>(from.data()), size);
  out_->bytes += taken;
  if (size > 0) out_->observe(taken);
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
  out_->fail(failure);
  in_->fail(failure);
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

void memory_network::reset(endpoint where) {
  const auto [first, last] = connections_.equal_range(where);
  for (auto each = first; each != last; ++each)
    for (const auto& pipe : {each->second.there.lock(), each->second.back.lock()})
      if (pipe) pipe->fail(asio::error::connection_reset);
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
  there->observe = [this, own, where](std::string_view bytes) { observe(own, where, bytes); };
  back->observe = [this, own, where](std::string_view bytes) { observe(where, own, bytes); };
  std::erase_if(connections_, [](const auto& each) { return each.second.there.expired(); });
  connections_.emplace(where, connection{there, back});
  if (listening) {
    listening->waiting.push_back({there, back, own});
    listening->arrived.cancel();
  } else {
    peers_[where].emplace_back(there, back);
  }
  co_return std::unique_ptr<net::byte_stream>(std::make_unique<memory_stream>(executor, back, there, own, where));
}

struct memory_network::inbox {
  explicit inbox(asio::io_context& context) : arrived(context, base::time_point::max()) {}

  std::deque<memory_datagram> waiting;
  net::timer arrived;
  bool open = true;
};

namespace {

class memory_datagram_server final : public net::datagram_server {
public:
  memory_datagram_server(memory_network& network, endpoint where, std::shared_ptr<memory_network::inbox> from)
      : network_(network), where_(where), inbox_(std::move(from)) {}
  ~memory_datagram_server() override { memory_datagram_server::stop(); }

  std::uint32_t port() const override { return where_.port; }

  asio::awaitable<void> run(net::datagram_handler& handler) override {
    const auto from = inbox_;
    while (from->open || !from->waiting.empty()) {
      if (from->waiting.empty()) {
        co_await from->arrived.async_wait(net::as_result);
        continue;
      }
      handler.on_batch_begin();
      for (; !from->waiting.empty(); from->waiting.pop_front()) answer(from->waiting.front(), handler);
      handler.on_batch_end();
    }
  }

  std::uint64_t kernel_drops() const override { return 0; }

  void stop() override {
    inbox_->open = false;
    inbox_->arrived.cancel();
  }

private:
  void answer(const memory_datagram& request, net::datagram_handler& handler) {
    const auto size = handler.on_datagram(request.bytes, request.from, reply_);
    if (size > 0) network_.send(where_, request.from, std::string_view(reply_.data(), size));
  }

  memory_network& network_;
  const endpoint where_;
  const std::shared_ptr<memory_network::inbox> inbox_;
  std::vector<char> reply_ = std::vector<char>(net::reply_limit);
};

}  // namespace

bool memory_network::send(endpoint from, endpoint to, std::string_view bytes) {
  observe(from, to, bytes);
  const auto found = servers_.find(to);
  const auto server = found == servers_.end() ? nullptr : found->second.lock();
  const bool served = server && server->open;
  (served ? server->waiting : received_[to]).push_back({from, std::string(bytes)});
  if (served) server->arrived.cancel();
  return served;
}

result<std::unique_ptr<net::datagram_server>> memory_network::bind(asio::io_context& context, endpoint where) {
  if (where.port == 0) where.port = next_port_++;
  auto& known = servers_[where];
  if (const auto other = known.lock(); other && other->open)
    return error{errc::connection_refused, "UDP " + base::format_endpoint(where) + ": Address already in use"};
  const auto waiting = std::make_shared<inbox>(context);
  known = waiting;
  return std::unique_ptr<net::datagram_server>(std::make_unique<memory_datagram_server>(*this, where, waiting));
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
