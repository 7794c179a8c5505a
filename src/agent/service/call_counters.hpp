// Call counts that survive kill -9: a memory-mapped file with one row per host, which the next start recovers.
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

// Totals of one host's calls since the bank was last emptied. Written under the module's lock.
struct call_bank {
  std::uint64_t succ = 0;
  std::uint64_t err = 0;
  std::uint64_t latency_sum_us = 0;
  std::uint64_t cost_sum = 0;
  std::array<std::uint32_t, base::latency_buckets> latency{};  // saturating

  void add(bool success, std::uint32_t latency_us, std::uint32_t cost);
  void add(const base::call_sums& calls);
  bool empty() const { return succ == 0 && err == 0; }
  base::call_sums sums() const;
};

// One host of one module. Reports count into one bank while the other one is drained.
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

// A drain loses no call and counts none twice, wherever the process is killed. Its steps:
//   1. begin_drain() switches reports to the other bank. The drain then takes each module's lock once, so that no
//      report is still writing to the first bank.
//   2. The spool stores the first bank, marked with drain_tick().
//   3. finish_drain() empties the bank and then sets done_tick.
// Killed before step 2 is complete: the bank still holds the counts. Killed in step 3: the spool holds records of tick
// done_tick + 1, and the next start passes the hosts they name to discard(). Emptying a bank twice is harmless, because
// the bank counts nothing new before the tick is done.
//
// Lifetime: its role's; outlives the modules' use of rows. Threads: owner context only, except active_bank() and the
// active bank of a row (under its module's lock).
class call_counters {
public:
  // Counts of the previous process that it had not drained.
  struct leftover {
    base::agent_id agent;               // the previous incarnation; empty if there was none
    std::uint64_t done_tick = 0;        // the last tick whose drain is complete
    base::moment time;                  // of the last drain
    std::vector<const call_row*> rows;  // rows with counts; valid until restart()
  };

  call_counters();
  ~call_counters();
  call_counters(const call_counters&) = delete;
  call_counters& operator=(const call_counters&) = delete;

  // Maps the file, creating it if necessary. A file of another format, or a sparse one that the disk has no space to
  // fill, is renamed to *.damaged. If the disk has no space for a new file, counts are kept in memory only and a
  // warning is logged. Blocking. Call once. errc::io_failed when the file cannot be opened.
  result<leftover> open(const std::filesystem::path& path);

  // Empties the bank of a leftover row that was being drained (or both banks), because the spool already holds its
  // counts. Between open() and restart().
  void discard(route_key key, endpoint where, bool both);

  // How restart() treats the rows that open() returned.
  enum class leftover_rows {
    emptied,  // the spool holds their counts
    kept,     // the spool does not hold their counts; this process drains them like rows of removed hosts
  };

  // Frees the rows. Counts belong to `agent` from now on.
  void restart(const base::agent_id& agent, const base::moment& now, leftover_rows rows = leftover_rows::emptied);

  // Changes the id of the incarnation that counts.
  void rename_agent(const base::agent_id& agent);

  // A row for this host: its own if it was retired and not freed yet, else a free one. Never null. The row is in memory
  // only if the file cannot grow.
  call_row* allocate(route_key key, endpoint where);

  // The host was removed. Its row becomes free once both banks have been drained.
  void retire(call_row* row);

  // Counts calls to a host that no module has, in a row that becomes free after its drain. False after most_strays new
  // hosts between two drains, which bounds what invented hosts can use up.
  bool count_stray(route_key key, endpoint where, const base::call_sums& calls);
  static constexpr std::size_t most_strays = 4096;

  // The bank that reports are counted in. Any thread, under the module's lock.
  unsigned active_bank() const { return static_cast<unsigned>(tick_.load(std::memory_order_relaxed) & 1); }

  std::uint64_t drain_tick() const { return drain_tick_; }
  unsigned drain_bank() const { return static_cast<unsigned>(drain_tick_ & 1); }
  void begin_drain(const base::moment& now);
  void finish_drain(const std::vector<call_row*>& drained);

  // Rows of removed hosts. A host has at most one row.
  using named_rows = std::map<std::pair<route_key, endpoint>, call_row*>;
  const named_rows& retired() const { return retired_; }
  std::size_t rows() const { return rows_in_use_; }

  // True if some rows are in memory only because the disk had no space. A kill loses their counts.
  bool in_memory() const { return in_memory_; }

private:
  struct header;
  struct chunk;
  result<void> map_file(const std::filesystem::path& path, bool& existed);
  result<void> quarantine(const std::filesystem::path& path);
  void use_memory(const std::filesystem::path& path, int reason);
  bool grow_file();
  void grow();
  bool is_leftover(const call_row* row) const;
  header& head();

  int file_ = -1;
  std::unique_ptr<header> header_in_memory_;  // where there is no file
  std::vector<std::unique_ptr<chunk>> chunks_;
  named_rows leftover_;  // between open() and restart()
  std::vector<call_row*> free_;
  named_rows retired_;
  std::size_t rows_in_use_ = 0;
  std::size_t strays_ = 0;  // rows allocated by count_stray() since the last drain
  std::size_t file_chunks_ = 0;
  bool in_memory_ = false;  // there is no file, or it could not grow; logged once
  std::atomic<std::uint64_t> tick_{1};
  std::uint64_t drain_tick_ = 0;
  bool draining_ = false;
};

}  // namespace lars::agent
