// What the reconcile loop asks the database, over a connection of its own: a long comparison does not delay polls.
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
class reconcile_repository {
public:
  template <class T>
  using awaitable = boost::asio::awaitable<result<T>>;

  // `thread` has one thread and outlives every call under way.
  reconcile_repository(net::blocking_pool& thread, std::shared_ptr<storage::route_reader> reader)
      : thread_(thread), reader_(std::move(reader)) {}

  awaitable<std::optional<storage::change_stamp>> change_stamp();
  // `reconnect`: over a new connection.
  awaitable<std::vector<storage::range_sum>> range_sums(bool reconnect);
  awaitable<std::vector<std::pair<std::uint64_t, route_key>>> modules_in(std::vector<std::uint64_t> ranges);
  awaitable<std::vector<storage::settings_row>> all_settings();

private:
  net::blocking_pool& thread_;
  const std::shared_ptr<storage::route_reader> reader_;
};

}  // namespace lars::dns
