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
#include "reporter/reporter_probe.hpp"
#include "storage/status_store.hpp"

namespace lars::reporter {

// Lifetime: its collector's; `thread`, which has one thread, and `probe` outlive every flush under way.
// Threads: context 0 only.
class writer {
public:
  writer(const boost::asio::any_io_executor& executor, net::blocking_pool& thread,
         std::unique_ptr<storage::status_store> store, reporter_probe& probe);

  // Returns when all of it is committed and acknowledged, however long the database is away; false when give_up() was
  // called before: what is not acknowledged its senders still have. A batch that the database refuses for its very rows
  // is noted as applied without them, so that it does not stand in the way of all others for ever.
  boost::asio::awaitable<bool> flush(std::span<const batch> batches);

  void give_up();

private:
  struct attempt {
    flush_result flushed;
    std::size_t rows = 0;
    lars::error failure;
    bool done = false;
  };
  boost::asio::awaitable<attempt> try_once(std::span<const batch> batches, bool without_rows);
  boost::asio::awaitable<bool> split(std::span<const batch> batches, const lars::error& failure);
  boost::asio::awaitable<bool> write(std::span<const batch> batches, bool without_rows);
  boost::asio::awaitable<void> pause();
  void note_success(const attempt& made, std::span<const batch> batches);
  void note_failure(const lars::error& failure);
  void note_state(bool failing);

  net::blocking_pool& thread_;
  const std::unique_ptr<storage::status_store> store_;
  reporter_probe& probe_;
  base::random_source random_;
  base::backoff backoff_;
  boost::asio::steady_timer timer_;
  bool failing_ = false;
  bool given_up_ = false;
};

// Tells the senders of these batches what was committed.
void acknowledge(std::span<const batch> batches, const std::vector<agent_outcome>& agents);

}  // namespace lars::reporter
