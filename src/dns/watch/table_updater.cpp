#include "dns/watch/table_updater.hpp"

#include <malloc.h>

#include <chrono>

#include "log/log.hpp"

namespace lars::dns {

namespace asio = boost::asio;

table_updater::table_updater(net::blocking_pool& thread, std::shared_ptr<storage::route_reader> reader,
                             std::shared_ptr<publisher> routes, watch_stats& stats, time_source time)
    : thread_(thread),
      reader_(std::make_shared<module_reader>(std::move(reader))),
      routes_(std::move(routes)),
      time_(std::move(time)),
      warnings_(stats) {}

asio::awaitable<result<table_updater::loaded_table>> table_updater::load() {
  const auto started = time_.now();
  auto read = [reader = reader_] { return reader->read_all(); };
  auto all = co_await thread_.run(std::move(read));
  if (!all) co_return all.error();
  loaded_routes& routes = all->routes;
  for (const auto& answer : routes.cut) warnings_.report_cut(answer);
  warnings_.report_settings(all->settings, routes.rejected);
  warnings_.report_flaws(all->flaws, routes.flaws);
  if (routes.orphans > 0)
    log::warn("dns.rows_without_module", {{"rows", routes.orphans}, {"remedy", "lars route list"}});
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(time_.now() - started);
  log::info("dns.loaded", {{"modules", routes.table->modules()},
                           {"hosts", routes.table->hosts()},
                           {"version", all->mark.version},
                           {"ms", elapsed.count()}});
  routes_->publish(std::move(routes.table));
  co_return loaded_table{all->mark, std::move(routes.checksums)};
}

asio::awaitable<result<std::vector<row_checksum>>> table_updater::refresh(std::vector<route_key> modules,
                                                                          confirmation how) {
  auto read = [reader = reader_, before = routes_->current(), modules = std::move(modules), how] {
    return reader->read(modules, how, *before);
  };
  auto rows = co_await thread_.run(std::move(read));
  if (!rows) co_return rows.error();
  // No suspension from here on: results are applied in the order in which they were read.
  warnings_.report_settings(rows->settings, rows->rejected);
  warnings_.report_flaws(rows->flaws, rows->flawed);
  for (const auto& answer : rows->answers) warnings_.report_cut(answer);
  routes_->apply(std::move(rows->answers), polled_at_);
  co_return std::move(rows->checksums);
}

asio::awaitable<result<std::vector<route_key>>> table_updater::differing_settings(
    std::vector<storage::settings_row> all) {
  auto compare = [reader = reader_, all = std::move(all)] { return result(reader->differing_settings(all)); };
  co_return co_await thread_.run(std::move(compare));
}

asio::awaitable<void> table_updater::reconnect() {
  // Named: GCC 12 destroys what a temporary of a co_await captured twice.
  auto reconnect = [reader = reader_] { reader->reconnect(); };
  co_await thread_.run(std::move(reconnect));
}

asio::awaitable<void> table_updater::return_memory() {
  co_await thread_.run([] { malloc_trim(0); });
}

}  // namespace lars::dns
