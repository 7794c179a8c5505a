// Moves call results from this agent's counters to a reporter: drain, spool, send, release once acknowledged.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/link/server_link.hpp"
#include "agent/local/agent_config.hpp"
#include "agent/local/agent_io.hpp"
#include "agent/results/forgetful_answers.hpp"
#include "agent/results/outbox.hpp"
#include "agent/results/report_stats.hpp"
#include "agent/results/spool.hpp"
#include "agent/service/call_counters.hpp"
#include "agent/service/service_index.hpp"

namespace lars::agent {

// Lifetime: its role's; outlives run(). Threads: owner context only, except open() (before anything else) and stats()
// (any).
class status_loop final : private link_client {
public:
  // REQUIRES: all arguments outlive the loop.
  status_loop(const agent_io& io, const agent_config& config, const service_index& modules, call_counters& counters);

  // Loads the results of earlier processes. Blocking. errc::io_failed: the state directory cannot be used.
  result<void> open();

  // Runs until stop(). Then spools and sends the last counts and waits for acknowledgements for at most one second.
  boost::asio::awaitable<void> run(std::string identity);
  void stop();

  // The configured report interval changed; the new one starts now.
  void restart_interval() { tick_.cancel(); }

  const report_stats& stats() const { return stats_; }
  const link_stats& link() const { return link_.stats(); }  // any thread

private:
  void on_connected(endpoint local) override;
  std::string next_requests(std::size_t limit) override;
  bool on_frame(const proto::frame& frame) override;

  boost::asio::awaitable<void> run_ticks();
  boost::asio::awaitable<void> run_files();
  boost::asio::awaitable<void> finish();
  void drain();
  void drain_retired(const base::moment& now);
  boost::asio::awaitable<void> spool_drained();
  boost::asio::awaitable<void> release_and_read();
  boost::asio::awaitable<void> rename_forgotten();
  std::string requests_for_current(std::size_t limit);
  std::string requests_for_old();
  void release(const std::optional<report_progress>& done);
  void resend_doubted(base::time_point now);
  void record_append(const result<void>& outcome);
  void wake() { wake_timer_.cancel(); }

  const agent_config& config_;
  const service_index& modules_;
  call_counters& counters_;
  net::blocking_pool& files_;
  report_stats stats_;
  spool spool_;
  outbox outbox_;
  server_link link_;
  base::random_source random_;
  net::timer tick_;
  net::timer wake_timer_;          // cancelled when there is work for run_files()
  base::agent_id agent_;           // this incarnation
  endpoint local_;                 // our end of the connection
  base::time_point next_for_old_;  // when to send to an old reporter again
  bool sent_as_old_ = false;       // batches were sent over this connection in the old format

  // The drain that is not spooled yet; its banks still hold the counts.
  std::vector<proto::status_report> pending_;
  std::vector<call_row*> pending_rows_;
  bool drained_ = false;

  std::vector<report_progress> released_;  // acknowledged; to be released from the spool
  std::vector<base::agent_id> forgotten_;  // incarnations whose acknowledged batches the reporters' database has lost
  forgetful_answers doubted_;              // answers that suggest so
  bool failing_ = false;
  bool stopping_ = false;
  bool finished_ = false;
};

}  // namespace lars::agent
