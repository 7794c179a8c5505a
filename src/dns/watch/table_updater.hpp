// The one path by which rows of the database reach the published table: loads all of it, and reads modules again.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "dns/sessions/publisher.hpp"
#include "dns/table/range_checksums.hpp"
#include "dns/table/time_source.hpp"
#include "dns/watch/confirmation.hpp"
#include "dns/watch/data_warnings.hpp"
#include "dns/watch/module_reader.hpp"
#include "dns/watch/watch_stats.hpp"
#include "net/blocking_pool.hpp"
#include "storage/route_reader.hpp"

namespace lars::dns {

// Lifetime: its route_watch's. Threads: context 0 only.
// Invariant: every row that is applied is read on one thread and applied in the order of reading, so that older content
// never replaces newer, whichever loop asked for it.
// Errors: those of module_reader; after one nothing has changed.
class table_updater {
public:
  struct loaded_table {
    storage::change_mark mark;  // from which polling goes on
    range_checksums checksums;  // of the rows behind the table
  };

  // `thread` has one thread and outlives every call under way.
  table_updater(net::blocking_pool& thread, std::shared_ptr<storage::route_reader> reader,
                std::shared_ptr<publisher> routes, watch_stats& stats, time_source time = {});

  // Reads everything and publishes it. Called once, before everything but reconnect().
  boost::asio::awaitable<result<loaded_table>> load();

  // Reads these modules again, publishes and pushes what differs: see module_reader::read(). Returns the checksums of
  // the rows that were read. No suspension lies between the publication and the return to the caller.
  boost::asio::awaitable<result<std::vector<row_checksum>>> refresh(std::vector<route_key> modules,
                                                                    confirmation how = confirmation::unconfirmed);

  // The modules whose settings differ from those known, where `all` are all there are. REQUIRES: loaded.
  boost::asio::awaitable<result<std::vector<route_key>>> differing_settings(std::vector<storage::settings_row> all);

  // The next read uses a new connection.
  boost::asio::awaitable<void> reconnect();

  // Returns freed memory to the system, on the thread that reads: nothing but the next poll waits for it.
  boost::asio::awaitable<void> return_memory();

  // A poll begins: the latency of pushes counts from here.
  void on_poll(base::time_point now) { polled_at_ = now; }

private:
  net::blocking_pool& thread_;
  const std::shared_ptr<module_reader> reader_;  // used on `thread_` alone
  const std::shared_ptr<publisher> routes_;
  const time_source time_;
  data_warnings warnings_;
  base::time_point polled_at_;
};

}  // namespace lars::dns
