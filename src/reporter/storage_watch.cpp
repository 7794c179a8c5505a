#include "reporter/storage_watch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "base/boot_clock.hpp"
#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"

namespace lars::reporter {

namespace asio = boost::asio;

storage_watch::storage_watch(asio::any_io_executor context, std::unique_ptr<storage::storage_check> check,
                             std::string name, reporter_stats& stats, time_source now)
    : stats_(stats),
      check_(std::move(check)),
      name_(std::move(name)),
      now_(std::move(now)),
      context_(std::move(context)),
      timer_(context_) {}

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
    const auto began = now_();
    auto check = [this] { return check_->run(); };
    const auto outcome = co_await thread_.run(std::move(check));
    if (stopping_) co_return;
    record(outcome, began);
    timer_.expires_after(check_interval);
    co_await timer_.async_wait(net::as_result);
  }
}

void storage_watch::record(const result<void>& outcome, storage::freshness::ms began) {
  const auto decided = decider_.on_check(outcome, stats_.failing > 0);
  if (outcome) stats_.storage.on_answer(now_());
  if (decided.state == storage::database_state::well) {
    stats_.storage.on_complete(began);
    if (decided.changed) log::info("reporter.storage_back", {{"storage", name_}});
    return;
  }
  stats_.storage.on_lost(decided.state);
  if (decided.changed)
    log::warn("reporter.storage_lost",
              {{"storage", name_}, {"reason", outcome ? "it does not accept results" : outcome.error().text()}});
}

storage::freshness::ms since_boot() { return storage::freshness::ms(base::boot_now().ms); }

}  // namespace lars::reporter
