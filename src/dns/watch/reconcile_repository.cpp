#include "dns/watch/reconcile_repository.hpp"

namespace lars::dns {

reconcile_repository::awaitable<std::optional<storage::change_stamp>> reconcile_repository::change_stamp() {
  auto ask = [reader = reader_] { return reader->read_change_stamp(); };
  co_return co_await thread_.run(std::move(ask));
}

reconcile_repository::awaitable<std::vector<storage::range_sum>> reconcile_repository::range_sums(bool reconnect) {
  auto ask = [reader = reader_, reconnect] {
    if (reconnect) reader->renew();
    return reader->range_sums();
  };
  co_return co_await thread_.run(std::move(ask));
}

reconcile_repository::awaitable<std::vector<std::pair<std::uint64_t, route_key>>> reconcile_repository::modules_in(
    std::vector<std::uint64_t> ranges) {
  auto ask = [reader = reader_, ranges = std::move(ranges)] { return reader->modules_in(ranges); };
  co_return co_await thread_.run(std::move(ask));
}

reconcile_repository::awaitable<std::vector<storage::settings_row>> reconcile_repository::all_settings() {
  auto ask = [reader = reader_] { return reader->all_settings(); };
  co_return co_await thread_.run(std::move(ask));
}

}  // namespace lars::dns
