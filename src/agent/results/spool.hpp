// All results on disk that wait for a reporter: one file an incarnation of this agent, oldest first.
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

  // Loads what earlier incarnations left, brings what their counters (the file "counters" beside) still hold into the
  // spool, and begins a file for `agent`. Where the disk has no room, what the counters hold stays there for the next
  // drains, and the file is begun when there is some. errc::io_failed: the directory cannot be used.
  result<void> open(const base::agent_id& agent, call_counters& counters, const base::moment& now);

  // False where the disk has had no room for this incarnation's file yet: append() tries again, also with no reports.
  bool ready() const { return !files_.empty() && files_.back()->agent() == agent_; }

  // Adds what a drain found. Where the bound is reached, older batches are merged first.
  // errc::io_failed, errc::too_large: nothing was added.
  result<void> append(const std::vector<proto::status_report>& reports, spool_mark mark);

  // Batches nobody has read yet, in order, up to about `bytes`.
  result<std::vector<spooled_batch>> read_on(std::size_t bytes);

  // Everything of that incarnation up to `seq` is acknowledged. Files of earlier ones go when they are.
  void release(const base::agent_id& agent, std::uint64_t seq);

  // What is pending of an incarnation becomes another one's and is read again; after an error, under the name it had.
  result<void> rename_agent(const base::agent_id& agent, const base::agent_id& becomes);

  // At the end. The file of the incarnation that ran stays even if nothing is in it: the next start takes it over, so
  // that a disk that is full then has its room already.
  void close() { files_.clear(); }

private:
  result<void> load_files(std::uint64_t done_tick, call_counters& counters);
  result<void> save_leftover(const call_counters::leftover& left);
  spool_file* find(const base::agent_id& agent);
  result<void> begin_own_file();
  void remove_emptied();
  result<void> make_room(std::size_t bytes);
  std::size_t bytes() const;
  void note_size();

  const std::filesystem::path directory_;
  const std::size_t most_bytes_;
  report_stats& stats_;
  base::agent_id agent_;                           // the incarnation that runs
  std::deque<std::unique_ptr<spool_file>> files_;  // its own is the last
  std::uint64_t next_number_ = 1;                  // of a file, for its order
};

}  // namespace lars::agent
