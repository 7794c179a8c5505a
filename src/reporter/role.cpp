#include "reporter/role.hpp"

#include <atomic>
#include <chrono>
#include <utility>

#include "base/clock.hpp"
#include "http/tcp_metrics.hpp"
#include "log/log.hpp"
#include "net/tcp_server.hpp"
#include "net/thread_wait.hpp"
#include "reporter/collector.hpp"
#include "reporter/history_keeper.hpp"
#include "reporter/reporter_metrics.hpp"
#include "reporter/session.hpp"
#include "reporter/storage_watch.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::reporter {
namespace {

using namespace std::chrono_literals;
constexpr auto flush_deadline = 1500ms;  // to write what was received
constexpr auto end_deadline = 500ms;     // to end everything after that

// Unread acknowledgements of one peer: tens of thousands.
constexpr std::size_t unread_limit = 1u << 20;

net::tcp_server_config server_config(const reporter_config& config) {
  return {.where = config.listen,
          .max_connections = config.max_connections,
          .limits = {.write_queue_bytes = unread_limit, .silence = config.silence}};
}

}  // namespace

struct role::components {
  components(net::io_pool& pool, const reporter_config& config, const storage::storage_config& storage,
             net::network& network)
      : server(pool, server_config(config), network),
        reports(std::make_shared<collector>(
            pool.context(0).get_executor(), config, [&] { return storage::open_status_store(storage); }, stats)),
        keeper(std::make_shared<history_keeper>(pool.context(0).get_executor(), config.history,
                                                storage::open_history_store(storage), stats)),
        watch(std::make_shared<storage_watch>(pool.context(0).get_executor(), storage::open_storage_check(storage),
                                              storage.shown(), stats)) {}

  ~components() {
    reports->join();
    keeper->join();
    watch->join();
  }

  bool idle() const { return reports->idle() && keeper->idle() && watch->idle() && server.connections() == 0; }

  bool wait_idle(std::chrono::milliseconds patience) const {
    return net::wait_until(base::clock::now() + patience, [this] { return idle(); });
  }

  reporter_stats stats;  // before its users
  net::tcp_server server;
  std::shared_ptr<collector> reports;
  std::shared_ptr<history_keeper> keeper;
  std::shared_ptr<storage_watch> watch;
  std::atomic<bool> started{false};
};

role::role(net::io_pool& pool, reporter_config config, storage::storage_config storage, net::network& network)
    : components_(std::make_unique<components>(pool, config, storage, network)) {}

role::~role() = default;

result<void> role::listen() { return components_->server.listen(); }

std::uint32_t role::port() const { return components_->server.port(); }

void role::use(const history_config& config) { components_->keeper->use(config); }

std::string role::not_ready() const {
  if (!components_->started) return "it is stopping";
  if (components_->stats.failing > 0) return "the database does not accept results";
  const auto database = components_->stats.storage.at(since_boot());
  if (!database.known) return "";  // not checked yet
  switch (database.state) {
    case storage::database_state::well:
      return "";
    case storage::database_state::lost:
      return "the database does not answer";
    case storage::database_state::cannot_write:
      return "the database cannot be written to";
  }
  return "";
}

std::vector<http::metric> role::metrics() const {
  auto all = reporter_metrics(components_->stats);
  http::merge(all, http::tcp_metrics(components_->server.stats(), "reporter"));
  return all;
}

const reporter_stats& role::stats() const { return components_->stats; }

void role::start() {
  components_->started = true;
  components_->reports->start();
  components_->keeper->start();
  components_->watch->start();
  components_->server.start([this](std::shared_ptr<net::tcp_connection> connection, std::size_t) {
    return run_session(components_->reports, std::move(connection));
  });
}

void role::stop() {
  if (!components_->started.exchange(false)) return;
  components_->server.stop();
  components_->keeper->stop();
  components_->watch->stop();
  components_->reports->stop();
  if (!components_->wait_idle(flush_deadline)) {
    log::warn("reporter.stop_deadline_passed", {{"ms", std::chrono::milliseconds(flush_deadline).count()}});
    components_->reports->give_up();
    components_->keeper->give_up();
    components_->wait_idle(end_deadline);
  }
  const auto& stats = components_->stats;
  log::info("reporter.stopped", {{"batches", stats.batches.load()},
                                 {"duplicates", stats.duplicates.load()},
                                 {"gaps", stats.gaps.load()},
                                 {"turned_away", stats.turned_away.load()},
                                 {"refused", stats.refused.load()},
                                 {"rows", stats.rows.load()},
                                 {"flushes", stats.flushes.load()},
                                 {"failures", stats.failures.load()}});
}

}  // namespace lars::reporter
