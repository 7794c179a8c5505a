// All results on disk that wait for a reporter: one file per incarnation of this agent, oldest first.
#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <lars/error.hpp>
#include <memory>
#include <vector>

#include "agent/results/report_stats.hpp"
#include "agent/results/spool_file.hpp"
#include "agent/service/call_counters.hpp"

namespace lars::agent {

// Lifetime: its status_loop's. Threads: blocking; one thread at a time.
class spool {
public:
  // REQUIRES: `stats` outlives the spool.
  spool(std::filesystem::path directory, std::size_t most_bytes, report_stats& stats)
      : directory_(std::move(directory)), most_bytes_(most_bytes), stats_(stats) {}

  // Loads the files of earlier incarnations, spools the counts left in their "counters" file in the same directory, and
  // begins a file for `agent`. If the disk is full, the counts stay in the counters for the next drains, and append()
  // begins the file once there is space. errc::io_failed: the directory cannot be used.
  result<void> open(const base::agent_id& agent, call_counters& counters, const base::moment& now);

  // False while the disk had no space for this incarnation's file. append() tries again, even with no reports.
  bool ready() const { return !files_.empty() && files_.back()->agent() == agent_; }

  // Appends the reports of a drain. If the limit is reached, merges older batches first.
  // errc::io_failed, errc::too_large: nothing was appended.
  result<void> append(const std::vector<proto::status_report>& reports, spool_mark mark);

  // The next unread batches in order, about `bytes` of them.
  result<std::vector<spooled_batch>> read_next(std::size_t bytes);

  // All batches of that incarnation up to `seq` are acknowledged. Removes fully acknowledged files of earlier
  // incarnations.
  void release(const base::agent_id& agent, std::uint64_t seq);

  // Moves the pending batches of an incarnation to the id `becomes`; they are read again. After an error they keep
  // their id and are read again, too.
  result<void> rename_agent(const base::agent_id& agent, const base::agent_id& becomes);

  // Call at the end. The running incarnation's file stays even if it is empty: the next start reuses its disk space,
  // which matters if the disk is full by then.
  void close() { files_.clear(); }

private:
  result<void> load_files(std::uint64_t done_tick, call_counters& counters);
  result<void> save_leftover(const call_counters::leftover& left);
  spool_file* find(const base::agent_id& agent);
  result<void> begin_file();
  void remove_emptied();
  result<void> make_room(std::size_t needed);
  std::size_t bytes() const;
  void update_stats();

  const std::filesystem::path directory_;
  const std::size_t most_bytes_;
  report_stats& stats_;
  base::agent_id agent_;                           // the running incarnation
  std::deque<std::unique_ptr<spool_file>> files_;  // oldest first; the running incarnation's is the last
  std::uint64_t next_number_ = 1;                  // of the next file; orders the files by name
};

}  // namespace lars::agent
