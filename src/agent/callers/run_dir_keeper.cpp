#include "agent/callers/run_dir_keeper.hpp"

#include <chrono>
#include <utility>

#include "log/log.hpp"
#include "net/as_result.hpp"
#include "share/attach.hpp"

namespace lars::agent {
namespace {

namespace asio = boost::asio;

using net::as_result;
constexpr std::chrono::seconds check_interval{1};

}  // namespace

run_dir_keeper::run_dir_keeper(asio::io_context& context, const agent_config& config, instance_lock& lock,
                               caller_acceptor& acceptor, std::string failure)
    : config_(config), lock_(lock), acceptor_(acceptor), timer_(context), last_failure_(std::move(failure)) {}

asio::awaitable<void> run_dir_keeper::run() {
  while (!stopping_) {
    timer_.expires_after(check_interval);
    co_await timer_.async_wait(as_result);
    if (!stopping_) check();
  }
}

void run_dir_keeper::stop() {
  stopping_ = true;
  timer_.cancel();
}

void run_dir_keeper::check() {
  if (lock_.holds() && acceptor_.is_reachable()) return;
  const auto done = restore();
  if (done) {
    restored_.fetch_add(1, std::memory_order_relaxed);
    last_failure_.clear();
    log::warn("agent.run_dir_restored", {{"dir", config_.run_dir.string()}});
    return;
  }
  // Log each reason once, not every second.
  if (const auto reason = done.error().text(); reason != last_failure_) {
    last_failure_ = reason;
    log::error("agent.run_dir_lost", {{"reason", reason}});
  }
}

// Takes the lock first: if another agent has started there, the socket belongs to that agent.
result<void> run_dir_keeper::restore() {
  if (auto created = share::make_directory_for(config_.run_dir.string(), config_.group); !created) return created;
  if (!lock_.holds())
    if (auto locked = lock_.acquire(config_.run_dir); !locked) return locked;
  return acceptor_.is_reachable() ? result<void>() : acceptor_.listen();
}

}  // namespace lars::agent
