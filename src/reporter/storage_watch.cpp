#include "reporter/storage_watch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "base/boot_clock.hpp"
#include "log/log.hpp"
#include "net/fence.hpp"

namespace lars::reporter {

namespace asio = boost::asio;

storage_watch::storage_watch(asio::any_io_executor context, std::unique_ptr<storage::storage_check> check,
                             std::string name, reporter_stats& stats)
    : stats_(stats), check_(std::move(check)), name_(std::move(name)), context_(std::move(context)), timer_(context_) {}

void storage_watch::start() {
  running_ = true;
  auto loop = net::keep_running("checking the database", [self = shared_from_this()] { return self->run(); });
  asio::co_spawn(context_, std::move(loop), [self = shared_from_this()](const std::exception_ptr& failure) {
    net::log_exception("checking the database", failure);
    self->running_ = false;
  });
}

void storage_watch::stop() {
  net::post(context_, "stopping the check of the database", [self = shared_from_this()] {
    self->stopping_ = true;
    self->timer_.cancel();
    self->check_->interrupt();
  });
}

asio::awaitable<void> storage_watch::run() {
  while (!stopping_) {
    const auto began = since_boot();
    auto check = [this] { return check_->run(); };
    const auto outcome = co_await thread_.run(std::move(check));
    if (stopping_) co_return;
    record(outcome, began);
    timer_.expires_after(check_interval);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void storage_watch::record(const result<void>& outcome, storage::freshness::ms began) {
  const bool failing = stats_.failing > 0;
  const bool still_failing = std::exchange(failing_, failing) && failing;
  if (outcome) stats_.storage.on_answer(since_boot());
  if (outcome && !still_failing) {
    stats_.storage.on_complete(began);
    if (std::exchange(lost_, false)) log::info("reporter.storage_back", {{"storage", name_}});
    return;
  }
  const bool lost = !outcome && outcome.error().code != errc::read_only;
  stats_.storage.on_lost(lost ? storage::database_state::lost : storage::database_state::cannot_write);
  if (!std::exchange(lost_, true))
    log::warn("reporter.storage_lost",
              {{"storage", name_}, {"reason", outcome ? "it does not accept results" : outcome.error().text()}});
}

storage::freshness::ms since_boot() { return storage::freshness::ms(base::boot_now().ms); }

}  // namespace lars::reporter
