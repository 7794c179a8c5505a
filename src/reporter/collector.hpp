// Where the batches of all connections come together and go to the writers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "net/blocking_pool.hpp"
#include "reporter/inbox.hpp"
#include "reporter/reporter_config.hpp"
#include "reporter/writer.hpp"

namespace lars::reporter {

// Lifetime: shared with its coroutines and with sessions. Threads: context 0 only, except where noted.
class collector : public std::enable_shared_from_this<collector> {
public:
  using open_store = std::function<std::unique_ptr<storage::status_store>()>;

  // `stats` outlives all work. `open` is called once a writer.
  collector(boost::asio::any_io_executor context, const reporter_config& config, const open_store& open,
            reporter_stats& stats);

  void start();  // main thread

  // The connection's context; what one connection sent, in order. What is on its way to context 0 is bounded: beyond
  // that the connection is not read until this has arrived, and TCP pushes the peer back. REQUIRES: batches not empty.
  void accept(std::vector<batch> batches);
  void enter(std::shared_ptr<net::tcp_connection> connection);
  void leave(std::shared_ptr<net::tcp_connection> connection);

  // Takes nothing more, writes what is there until it is written or give_up(), then closes every connection. Any
  // thread.
  void stop();
  void give_up();

  // Waits for database calls under way, which refer to coroutines that are about to be destroyed. Main thread, after
  // the pool has stopped.
  void join() {
    for (auto& one : lanes_) one->thread.join();
  }

  bool idle() const { return running_.load() == 0; }  // any thread
  reporter_stats& stats() { return stats_; }          // any thread

private:
  struct lane {
    lane(boost::asio::any_io_executor context, std::unique_ptr<storage::status_store> store,
         const refused_file& refused, clock_watch& clocks, reporter_stats& stats)
        : out(context, thread, std::move(store), refused, clocks, stats),
          wake(context, boost::asio::steady_timer::time_point::max()) {}
    net::blocking_pool thread{1};
    writer out;
    boost::asio::steady_timer wake;  // cancelled when there is something to write
  };

  boost::asio::awaitable<void> run(std::size_t queue);
  boost::asio::awaitable<void> wait_for_batches(std::size_t queue);
  bool take(batch&& one);
  void note_inbox();
  void tell_waiting();
  void close_all();

  const boost::asio::any_io_executor context_;
  inbox inbox_;
  reporter_stats& stats_;
  const refused_file refused_;
  clock_watch clocks_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::unordered_map<const net::tcp_connection*, std::shared_ptr<net::tcp_connection>> connections_;
  std::atomic<std::size_t> running_{0};
  std::atomic<std::size_t> arriving_bytes_{0};  // handed to accept() and not yet seen by context 0
  bool stopping_ = false;
};

}  // namespace lars::reporter
