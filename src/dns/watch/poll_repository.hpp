// What the poll loop asks the database.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <lars/error.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "net/blocking_pool.hpp"
#include "storage/route_reader.hpp"

namespace lars::dns {

// Lifetime: its route_watch's. Threads: context 0 only; the reader runs on `thread`.
// Errors: those of storage::route_reader.
class poll_repository {
public:
  template <class T>
  using awaitable = boost::asio::awaitable<result<T>>;

  // `thread` has one thread and outlives every call under way.
  poll_repository(net::blocking_pool& thread, std::shared_ptr<storage::route_reader> reader)
      : thread_(thread), reader_(std::move(reader)) {}

  awaitable<storage::change_mark> poll();
  awaitable<std::vector<storage::change_row>> changes_after(std::uint64_t id);
  // nullopt where ids become visible in their order, so that no row comes late.
  awaitable<std::optional<std::vector<storage::change_count>>> count_changes(storage::id_span ids);
  awaitable<std::vector<storage::change_row>> changes_in(std::vector<std::uint64_t> ranges);

private:
  net::blocking_pool& thread_;
  const std::shared_ptr<storage::route_reader> reader_;
};

}  // namespace lars::dns
