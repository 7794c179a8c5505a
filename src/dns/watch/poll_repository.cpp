#include "dns/watch/poll_repository.hpp"

namespace lars::dns {

// Each function object is named: GCC 12 destroys what a temporary of a co_await captured twice.

poll_repository::awaitable<storage::change_mark> poll_repository::poll() {
  auto ask = [reader = reader_] { return reader->poll(); };
  co_return co_await thread_.run(std::move(ask));
}

poll_repository::awaitable<std::vector<storage::change_row>> poll_repository::changes_after(std::uint64_t id) {
  auto ask = [reader = reader_, id] { return reader->changes_after(id); };
  co_return co_await thread_.run(std::move(ask));
}

poll_repository::awaitable<std::optional<std::vector<storage::change_count>>> poll_repository::count_changes(
    storage::id_span ids) {
  auto ask = [reader = reader_, ids] { return reader->count_changes(ids); };
  co_return co_await thread_.run(std::move(ask));
}

poll_repository::awaitable<std::vector<storage::change_row>> poll_repository::changes_in(
    std::vector<std::uint64_t> ranges) {
  auto ask = [reader = reader_, ranges = std::move(ranges)] { return reader->changes_in(ranges); };
  co_return co_await thread_.run(std::move(ask));
}

}  // namespace lars::dns
