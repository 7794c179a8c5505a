// Brings batches into the database, one flush after the other, over one connection.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <span>
#include <vector>

#include "base/backoff.hpp"
#include "base/random.hpp"
#include "net/blocking_pool.hpp"
#include "reporter/aggregate.hpp"
#include "reporter/clock_watch.hpp"
#include "reporter/refused_file.hpp"
#include "reporter/reporter_stats.hpp"
#include "storage/status_store.hpp"

namespace lars::reporter {

// Lifetime: its collector's; `thread`, which has one thread, and `stats` outlive every flush under way.
// Threads: context 0 only.
class writer {
public:
  // REQUIRES: `refused` and `clocks` outlive every flush under way, like `thread`.
  writer(const boost::asio::any_io_executor& executor, net::blocking_pool& thread,
         std::unique_ptr<storage::status_store> store, const refused_file& refused, clock_watch& clocks,
         reporter_stats& stats);

  // Returns when all of it is committed and acknowledged, however long the database is away; false when give_up() was
  // called before: what is not acknowledged its senders still have. Whatever fails, the whole is tried again and
  // decided anew. Only rows that the database itself refuses for their values are left out, so that they do not stand
  // in the way of all others for ever: they are in the refused_file before the rest is committed.
  boost::asio::awaitable<bool> flush(std::span<const batch> batches);

  void give_up();

private:
  struct attempt {
    flush_result flushed;
    result<storage::status_written> written{errc::unavailable};
    storage::lock_report locks;  // after errc::locked
  };
  enum class state {
    writing,
    locked,   // the database is well, another transaction holds what is to be written
    failing,  // the database does not take results
  };
  boost::asio::awaitable<attempt> try_once(std::span<const batch> batches);
  result<storage::status_written> write(std::span<const batch> batches, flush_result& flushed);
  boost::asio::awaitable<void> pause();
  void note_success(const attempt& made, std::span<const batch> batches);
  void note_refused(const std::vector<storage::refused_row>& rows, std::span<const batch> batches);
  void note_clocks(const flush_result& flushed);
  void note_forgotten(const std::vector<agent_outcome>& agents);
  void note_failure(const attempt& made, std::span<const batch> batches);
  void note_locks(const storage::lock_report& locks, std::span<const batch> batches);
  void note_state(state now);

  net::blocking_pool& thread_;
  const std::unique_ptr<storage::status_store> store_;
  const refused_file& refused_;
  clock_watch& clocks_;
  reporter_stats& stats_;
  base::random_source random_;
  base::backoff backoff_;
  boost::asio::steady_timer timer_;
  state state_ = state::writing;
  bool given_up_ = false;
};

// Tells the senders of these batches what was committed.
void acknowledge(std::span<const batch> batches, const std::vector<agent_outcome>& agents);

}  // namespace lars::reporter
