#include "agent/routes/route_saver.hpp"

#include <chrono>
#include <utility>

#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/timer.hpp"

namespace lars::agent {
namespace {

namespace asio = boost::asio;
using net::as_result;
constexpr std::chrono::seconds retry_after{1};

}  // namespace

route_saver::route_saver(asio::io_context& context, net::blocking_pool& pool, route_file& file,
                         std::atomic<std::uint64_t>& unsaved)
    : pool_(pool), file_(file), unsaved_(unsaved), wake_(context, base::time_point::max()) {}

void route_saver::save(saved_route route) {
  const auto key = route.key;
  waiting_.insert_or_assign(key, std::move(route));
  unsaved_ = waiting_.size();
  if (!failing_) wake_.cancel();
}

void route_saver::stop() {
  stopping_ = true;
  wake_.cancel();
}

asio::awaitable<void> route_saver::run() {
  while (true) {
    if (!stopping_ && (failing_ || waiting_.empty())) {
      wake_.expires_at(failing_ ? base::clock::now() + retry_after : base::time_point::max());
      co_await wake_.async_wait(as_result);
    }
    const bool last = stopping_;
    if (!waiting_.empty()) {
      std::vector<saved_route> routes;
      routes.reserve(waiting_.size());
      for (auto& [key, route] : waiting_) routes.push_back(std::move(route));
      waiting_.clear();
      co_await write(std::move(routes));
    }
    // Also write routes that arrived during the last write, unless writing fails.
    if (last && (waiting_.empty() || failing_)) break;
  }
  co_await pool_.run([this] { return file_.sync().has_value(); });
}

asio::awaitable<bool> route_saver::write(std::vector<saved_route> routes) {
  const auto outcome = co_await pool_.run([this, &routes] { return file_.append(routes); });
  record_outcome(outcome);
  if (!outcome) {
    requeue(std::move(routes));
    co_return false;
  }
  unsaved_ = waiting_.size();
  record_outcome(co_await pool_.run([this] { return file_.compact_if_stale(); }));
  co_return true;
}

// Keeps routes queued in the meantime, because they are newer.
void route_saver::requeue(std::vector<saved_route> routes) {
  for (auto& route : routes) waiting_.try_emplace(route.key, std::move(route));
  unsaved_ = waiting_.size();
}

void route_saver::record_outcome(const result<void>& outcome) {
  if (!outcome && !failing_) log::error("agent.save_failed", {{"reason", outcome.error().text()}});
  if (outcome && failing_) log::info("agent.save_recovered");
  failing_ = !outcome.has_value();
}

}  // namespace lars::agent
