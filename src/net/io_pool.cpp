#include "net/io_pool.hpp"

#include "net/fence.hpp"

namespace lars::net {

io_pool::io_pool(std::size_t threads) {
  slots_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    auto context =
        std::make_unique<asio::io_context>(1);  // 1 = only one thread runs it; posting from other threads is safe
    auto work = asio::make_work_guard(*context);
    slots_.push_back(slot{std::move(context), std::move(work), {}});
  }
}

io_pool::~io_pool() { stop(); }

void io_pool::start() {
  for (auto& each : slots_) each.thread = std::thread([context = each.context.get()] { run_fenced(*context); });
}

void io_pool::stop() {
  for (auto& each : slots_) each.context->stop();
  for (auto& each : slots_)
    if (each.thread.joinable()) each.thread.join();
}

}  // namespace lars::net
