#include "net/fence.hpp"

#include <atomic>

#include "log/log.hpp"

namespace lars::net {
namespace {

std::atomic<std::uint64_t> noted{0};
log::throttle lines;

}  // namespace

void log_exception(std::string_view doing, const std::exception_ptr& failure) noexcept {
  if (!failure) return;
  noted.fetch_add(1, std::memory_order_relaxed);
  // Logging may fail for lack of memory; then the exception is only counted.
  try {
    if (!log::admit(lines, "net.exception")) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& what) {
      log::error("net.exception", {{"doing", doing}, {"reason", what.what()}});
    } catch (...) {
      log::error("net.exception", {{"doing", doing}, {"reason", "not a std::exception"}});
    }
  } catch (...) {
  }
}

std::uint64_t exception_count() noexcept { return noted.load(std::memory_order_relaxed); }

void run_fenced(asio::io_context& context) noexcept {
  // After a handler threw, run() continues with the remaining handlers.
  while (!fenced("running a handler", [&context] { context.run(); })) continue;
}

}  // namespace lars::net
