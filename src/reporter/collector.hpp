// Collects the batches of all connections and passes them to the writers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "net/blocking_pool.hpp"
#include "net/timer.hpp"
#include "reporter/inbox.hpp"
#include "reporter/reporter_config.hpp"
#include "reporter/writer.hpp"

namespace lars::reporter {

// Lifetime: shared with its coroutines and with sessions. Threads: context 0 only, except where noted.
class collector : public std::enable_shared_from_this<collector> {
public:
  using open_store = std::function<std::unique_ptr<storage::status_store>()>;

  // `stats` outlives all work. `open` is called once for each writer.
  collector(boost::asio::any_io_executor context, const reporter_config& config, const open_store& open,
            reporter_stats& stats);

  void start();  // main thread

  // Called in the connection's context, with the batches of one connection in order. The bytes on their way to context
  // 0 are bounded: over the limit the connection is not read until these batches have arrived there, and TCP slows the
  // peer down. REQUIRES: batches not empty.
  void accept(std::vector<batch> batches);
  void add_connection(std::shared_ptr<net::tcp_connection> connection);
  void remove_connection(std::shared_ptr<net::tcp_connection> connection);

  // Accepts no more batches, writes what it has until all is written or give_up() is called, then closes every
  // connection. Any thread.
  void stop();
  void give_up();

  // Waits for current database calls, which refer to coroutines that are about to be destroyed. Main thread, after the
  // pool has stopped.
  void join() {
    for (auto& each : writers_) each->thread.join();
  }

  bool idle() const { return running_.load() == 0; }  // any thread
  reporter_stats& stats() { return stats_; }          // any thread

private:
  struct writer_thread {
    writer_thread(boost::asio::any_io_executor context, std::unique_ptr<storage::status_store> store,
                  const refused_file& refused, clock_watch& clocks, reporter_stats& stats)
        : output(context, std::move(store), {thread, refused, clocks, stats}), wake(context, base::time_point::max()) {}
    net::blocking_pool thread{1};
    writer output;
    net::timer wake;  // cancelled to wake the writer
  };

  boost::asio::awaitable<void> run(std::size_t queue);
  boost::asio::awaitable<void> wait_for_batches(std::size_t queue);
  bool enqueue(batch&& item);
  void update_gauges();
  void resume_waiting_peers();
  void close_all();

  const boost::asio::any_io_executor context_;
  inbox inbox_;
  reporter_stats& stats_;
  const refused_file refused_;
  clock_watch clocks_;
  std::vector<std::unique_ptr<writer_thread>> writers_;
  std::unordered_map<const net::tcp_connection*, std::shared_ptr<net::tcp_connection>> connections_;
  std::atomic<std::size_t> running_{0};
  std::atomic<std::size_t> arriving_bytes_{0};  // passed to accept() and not yet received by context 0
  bool stopping_ = false;
};

}  // namespace lars::reporter
