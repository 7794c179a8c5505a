// The one path by which rows of the database become answers: it loads the table and reads modules again.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/clock.hpp"
#include "dns/sessions/publisher.hpp"
#include "dns/table/flaw_tracker.hpp"
#include "dns/table/settings_table.hpp"
#include "dns/watch/reconcile_planner.hpp"
#include "dns/watch/watch_stats.hpp"
#include "net/blocking_pool.hpp"
#include "storage/route_reader.hpp"

namespace lars::dns {

// Modules with settings, as the database has them.
struct settings_counts {
  std::size_t modules = 0;  // with settings that count
  std::size_t refused = 0;  // with some that are not allowed
};

// Rows that hold what is not allowed, as the database has them.
struct flaw_counts {
  std::size_t rows = 0;
  std::size_t unusable = 0;  // modules that have no other rows
};

// How rows are read of modules that vanished.
enum class confirmation {
  unconfirmed,  // what is in doubt is read once more, or not believed
  confirmed     // somebody did already
};

// What is known of everything that was read, beside the table. Threads: the reading one alone.
struct database_state {
  settings_table settings;
  flaw_tracker flaws;
};

// Lifetime: its route_watch's. Threads: context 0 only.
// Invariant: every row that is applied is read on one thread and applied in the order of reading, so that an older
// content never replaces a newer one, whoever asked for it.
// Errors: those of storage::route_reader; after one nothing has changed.
class table_updater {
public:
  // `thread` has one thread and outlives every call under way.
  table_updater(net::blocking_pool& thread, std::shared_ptr<storage::route_reader> reader,
                std::shared_ptr<publisher> routes, watch_stats& stats)
      : thread_(thread), reader_(std::move(reader)), routes_(std::move(routes)), stats_(stats) {}

  // Reads everything and publishes it. Returns the mark from which watching goes on. Once, before all else succeeds.
  boost::asio::awaitable<result<storage::change_mark>> load();

  boost::asio::awaitable<result<storage::change_mark>> poll();
  boost::asio::awaitable<result<std::vector<storage::change_row>>> changes_after(std::uint64_t id);

  boost::asio::awaitable<result<std::optional<std::vector<storage::change_count>>>> count_changes(storage::id_span ids);
  boost::asio::awaitable<result<std::vector<storage::change_row>>> changes_in(std::vector<std::uint64_t> ranges);

  // The next read is made over a new connection.
  boost::asio::awaitable<void> renew();

  // Reads these modules again, publishes and pushes what differs. A module that has rows of which none names a host
  // keeps its last good route. Where so much vanished that it is in doubt (dns/shrink_guard) it is read once more over
  // a new connection, and of a table that is empty all at once nothing is taken (errc::unavailable). Returns what was
  // read.
  boost::asio::awaitable<result<std::vector<row_checksum>>> refresh(std::vector<route_key> modules,
                                                                    confirmation how = confirmation::unconfirmed);

  // The modules whose settings are not as known, where `all` are the rows of all there are. REQUIRES: loaded.
  boost::asio::awaitable<result<std::vector<route_key>>> differing(std::vector<storage::settings_row> all);

  // REQUIRES: loaded.
  reconcile_planner& planner() { return *planner_; }

private:
  void note_cut(const module_answer& answer);
  void report_flaws(const flaw_counts& counts, const std::vector<module_flaws>& flawed);
  void report_settings(const settings_counts& counts, const std::vector<rejected_settings>& refused);

  net::blocking_pool& thread_;
  const std::shared_ptr<storage::route_reader> reader_;
  const std::shared_ptr<publisher> routes_;
  watch_stats& stats_;
  const std::shared_ptr<database_state> state_ = std::make_shared<database_state>();  // of `thread` alone
  std::optional<reconcile_planner> planner_;
  base::time_point looked_;            // when the last look for changes began
  std::unordered_set<route_key> cut_;  // modules whose plain answer is known to be cut: logged once each
};

}  // namespace lars::dns
