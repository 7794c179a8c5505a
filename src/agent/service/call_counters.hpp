// Counts of calls that outlive the process: a file mapped into memory, one row a host, so that what was counted before
// a kill -9 is found at the next start. DESIGN §5.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/agent_id.hpp"
#include "base/boot_clock.hpp"
#include "base/call_sums.hpp"

namespace lars::agent {

// What one host's calls came to since this bank was emptied. Written under the module's lock.
struct call_bank {
  std::uint64_t succ = 0;
  std::uint64_t err = 0;
  std::uint64_t latency_sum_us = 0;
  std::uint64_t cost_sum = 0;
  std::array<std::uint32_t, base::latency_buckets> latency{};  // stop at their largest number

  void add(bool success, std::uint32_t latency_us, std::uint32_t cost);
  void add(const base::call_sums& calls);
  bool empty() const { return succ == 0 && err == 0; }
  base::call_sums sums() const;
};

// One host of one module. A tick counts into one bank while the other one is drained.
struct alignas(64) call_row {
  std::int32_t modid = 0;
  std::int32_t cmdid = 0;
  std::uint32_t ip = 0;
  std::uint32_t port = 0;
  std::uint64_t in_use = 0;  // 0 = free
  std::array<call_bank, 2> banks;

  route_key key() const { return {modid, cmdid}; }
  endpoint where() const { return {ip, port}; }
};
static_assert(sizeof(call_row) == 256);

// A drain, so that no call is lost or counted twice wherever the process is killed:
//   1. begin(): from here on reports count into the other bank (each module's lock is taken once afterwards, so that no
//      report is still on its way into the first);
//   2. what the first bank holds goes into the spool, marked with drain_tick();
//   3. finish(): the bank is emptied, and then the tick noted as done.
// Killed before 2 is whole: the bank still has what the spool has not. Killed within 3: the spool holds records of the
// tick after the last one done, and open() is told to empty the bank of the rows that they name. Emptying twice does no
// harm, because the bank gets nothing new before the tick is done.
//
// Lifetime: its role's; outlives the modules' use of rows. Threads: owner context only, save active_bank() and the
// active bank of a row (under its module's lock).
class call_counters {
public:
  // What a previous process left.
  struct leftover {
    base::agent_id agent;               // its incarnation; none: nothing was left
    std::uint64_t done_tick = 0;        // its last tick that was drained wholly
    base::moment time;                  // of its last drain
    std::vector<const call_row*> rows;  // those with counts, until restart()
  };

  call_counters();
  ~call_counters();
  call_counters(const call_counters&) = delete;
  call_counters& operator=(const call_counters&) = delete;

  // Maps the file, or makes it; a file that is none of ours, or whose holes the disk has no room for, is put aside
  // under another name. Where there is no room for it, counts are kept in memory alone and a warning is logged.
  // Blocking; once. errc::io_failed when it cannot be opened.
  result<leftover> open(const std::filesystem::path& path);

  // Empties the bank that was being drained, or both, of a row that was left: a record of the spool names it.
  // Between open() and restart().
  void forget(route_key key, endpoint where, bool both);

  // What becomes of the rows that open() returned.
  enum class rows_of_before {
    emptied,  // they are in the spool
    kept,     // they are not, and no record of the spool names them: this process drains them, like hosts that are gone
  };

  // Rows become free, `agent` is who counts from now on.
  void restart(const base::agent_id& agent, const base::moment& now, rows_of_before rows = rows_of_before::emptied);

  // The incarnation that counts goes by another name from now on.
  void rename_agent(const base::agent_id& agent);

  // A row for this host: a free one, or its own if it was gone but a moment. Never null; where the file cannot grow it
  // is in memory alone.
  call_row* take(route_key key, endpoint where);

  // The host is gone: the row becomes free once both banks have been drained.
  void retire(call_row* row);

  // Counts calls to a host that no module has: it gets a row that is free once it was drained. False where so many
  // have come between two drains that somebody makes hosts up.
  bool count_stray(route_key key, endpoint where, const base::call_sums& calls);
  static constexpr std::size_t most_strays = 4096;

  // The bank that reports count into. Any thread, under the module's lock.
  unsigned active_bank() const { return static_cast<unsigned>(tick_.load(std::memory_order_relaxed) & 1); }

  std::uint64_t drain_tick() const { return drain_tick_; }
  unsigned drain_bank() const { return static_cast<unsigned>(drain_tick_ & 1); }
  void begin(const base::moment& now);
  void finish(const std::vector<call_row*>& drained);

  // Rows of hosts that are gone, by name; a host has one row at most.
  using named_rows = std::map<std::pair<route_key, endpoint>, call_row*>;
  const named_rows& retired() const { return retired_; }
  std::size_t rows() const { return taken_; }

  // Whether some are in memory alone, where the disk had no room: a kill loses what they count.
  bool in_memory() const { return told_; }

private:
  struct header;
  struct chunk;
  result<void> map_file(const std::filesystem::path& path, bool& found);
  result<void> put_aside(const std::filesystem::path& path);
  void count_in_memory(const std::filesystem::path& path, int reason);
  bool grow_file();
  void grow();
  bool is_left(const call_row* row) const;
  header& head();

  int file_ = -1;
  std::unique_ptr<header> header_in_memory_;  // where there is no file
  std::vector<std::unique_ptr<chunk>> chunks_;
  named_rows left_;  // between open() and restart()
  std::vector<call_row*> free_;
  named_rows retired_;
  std::size_t taken_ = 0;
  std::size_t strays_ = 0;  // rows taken for such calls since the last drain
  std::size_t file_chunks_ = 0;
  bool told_ = false;  // that there is no file, or that it cannot grow
  std::atomic<std::uint64_t> tick_{1};
  std::uint64_t drain_tick_ = 0;
  bool draining_ = false;
};

}  // namespace lars::agent
