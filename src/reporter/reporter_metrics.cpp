#include "reporter/reporter_metrics.hpp"

#include "reporter/storage_watch.hpp"

namespace lars::reporter {

std::vector<http::metric> reporter_metrics(const reporter_stats& stats) {
  using http::counter_metric;
  using http::gauge_metric;
  return {
      counter_metric("lars_reporter_unreadable_messages_total", "Messages that could not be parsed and were skipped.",
                     stats.unreadable),
      counter_metric("lars_reporter_batches_total", "Batches of results that agents sent, by outcome.", "result",
                     {{"committed", stats.batches},
                      {"duplicate", stats.duplicates},
                      {"gap", stats.gaps},
                      {"forgotten", stats.forgotten},
                      {"turned_away", stats.turned_away},
                      {"refused", stats.refused}}),
      counter_metric("lars_reporter_rows_total", "Rows committed to the database.", stats.rows),
      counter_metric("lars_reporter_refused_rows_total",
                     "Rows that the database refused for their values; they are kept in the file refused.sql.",
                     stats.refused_rows),
      counter_metric("lars_reporter_skewed_batches_total",
                     "Batches of agents whose clocks are wrong by a minute or more.", stats.skewed),
      gauge_metric("lars_reporter_clock_skew_seconds",
                   "How far the worst clock of the agents of the last minute is ahead.",
                   static_cast<double>(stats.worst_skew)),
      gauge_metric("lars_reporter_database_clock_skew_seconds",
                   "How far the clock of this machine is ahead of the database's.",
                   static_cast<double>(stats.database_skew)),
      gauge_metric("lars_reporter_history_paused",
                   "1 while history is neither rolled up nor deleted because clocks differ.",
                   static_cast<double>(stats.history_paused)),
      gauge_metric("lars_reporter_storage_up", "1 while the database answers and accepts results.",
                   stats.storage.at(since_boot()).is_well() ? 1 : 0),
      counter_metric("lars_reporter_flushes_total", "Transactions, by outcome.", "outcome",
                     {{"committed", stats.flushes}, {"failed", stats.failures}, {"locked", stats.locked}}),
      gauge_metric("lars_reporter_failing_writers", "Writers whose last transaction failed.",
                   static_cast<double>(stats.failing)),
      gauge_metric("lars_reporter_locked_writers", "Writers that wait for a database lock of another program.",
                   static_cast<double>(stats.locked_writers)),
      gauge_metric("lars_reporter_queue_bytes", "Bytes of results that wait in memory for the database.",
                   static_cast<double>(stats.held_bytes)),
      gauge_metric("lars_reporter_waiting_peers", "Agents that were turned away and will be asked to send again.",
                   static_cast<double>(stats.waiting_peers)),
      counter_metric("lars_reporter_history_moved_rows_total", "Rows of CallHistory moved into a coarser step.",
                     stats.moved),
      counter_metric("lars_reporter_history_deleted_rows_total", "Rows of CallHistory deleted for their age.",
                     stats.deleted),
      stats.flush_seconds.read("lars_reporter_flush_seconds", "Duration of committed transactions."),
  };
}

}  // namespace lars::reporter
