#include "app/storage_opening.hpp"

#include <exception>

#include "base/backoff.hpp"
#include "base/random.hpp"
#include "log/log.hpp"
#include "storage/migrate/migrations.hpp"

namespace lars::app {

result<void> open_sqlite(const storage::storage_config& config) {
  const auto applied = storage::migrate(config, storage::migrate_policy::create_and_upgrade);
  if (!applied) return error{applied.error().code, "database " + config.shown() + ": " + applied.error().text()};
  if (*applied > 0) log::info("storage.migrated", {{"database", config.shown()}, {"migrations", *applied}});
  return {};
}

namespace {

// Lowers the flag at the end, whatever the end.
struct filling_over {
  std::atomic<bool>& filling;
  ~filling_over() { filling.store(false); }
};

// Sets the flag before the thread starts, so that roles wait right after construction.
std::shared_ptr<std::atomic<bool>> raised(std::shared_ptr<std::atomic<bool>> flag) {
  flag->store(true);
  return flag;
}

}  // namespace

mysql_opening::mysql_opening(storage::storage_config config, std::shared_ptr<std::atomic<bool>> filling)
    : config_(std::move(config)), filling_(raised(std::move(filling))), thread_([this](const std::stop_token& stop) {
        try {
          run(stop);
        } catch (const std::exception& failure) {
          log::error("storage.migrate_failed", {{"reason", failure.what()}});
        }
      }) {}

mysql_opening::~mysql_opening() = default;

// The migration itself must not wait for the flag, so its configuration has none.
result<int> mysql_opening::attempt() {
  storage::storage_config config = config_;
  config.filling = nullptr;
  return storage::migrate(config, storage::migrate_policy::only_if_empty);
}

void mysql_opening::run(const std::stop_token& stop) {
  base::backoff wait({std::chrono::milliseconds(200), std::chrono::milliseconds(5000)});
  auto random = base::random_source::from_system();
  bool logged = false;
  const filling_over at_end{*filling_};
  while (!stop.stop_requested()) {
    filling_->store(true);
    const auto applied = attempt();
    if (applied) {
      if (*applied > 0) log::info("storage.migrated", {{"database", config_.shown()}, {"migrations", *applied}});
      return;
    }
    if (applied.error().code == errc::schema_mismatch) {
      log::warn("storage.schema_differs", {{"database", config_.shown()},
                                           {"reason", applied.error().text()},
                                           {"advice", "the role uses it as it is; `lars migrate` upgrades it"}});
      return;
    }
    if (!logged) log::warn("storage.unreachable", {{"database", config_.shown()}, {"reason", applied.error().text()}});
    logged = true;
    // Another program fills the database: until it has, roles would read half-made tables.
    if (applied.error().code != errc::locked) filling_->store(false);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, wait.next(random()), [] { return false; });
  }
}

}  // namespace lars::app
