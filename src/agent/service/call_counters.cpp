#include "agent/service/call_counters.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "agent/local/disk_file.hpp"
#include "log/log.hpp"

namespace lars::agent {
namespace {

constexpr std::uint64_t counters_magic = 0x315243'5352414c;  // "LARSCR1" with a zero, on a little-endian machine
constexpr std::size_t header_bytes = 4096;
constexpr std::size_t rows_a_chunk = 4096;
constexpr std::size_t chunk_bytes = rows_a_chunk * sizeof(call_row);

error failed(const std::filesystem::path& path, const char* what) {
  return {errc::io_failed, path.string() + ": " + what + ": " + std::strerror(errno)};
}

// Stops at what the bank can hold rather than begin anew.
void count(std::uint32_t& calls, std::uint64_t more) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  calls = static_cast<std::uint32_t>(std::min(most - calls, more) + calls);
}

}  // namespace

void call_bank::add(bool success, std::uint32_t latency_us, std::uint32_t cost_of_call) {
  ++(success ? succ : err);
  cost_sum += cost_of_call;
  if (latency_us == 0) return;
  latency_sum_us += latency_us;
  count(latency[base::latency_bucket_of(latency_us)], 1);
}

void call_bank::add(const base::call_sums& calls) {
  succ += calls.succ;
  err += calls.err;
  latency_sum_us += calls.latency_sum_us;
  cost_sum += calls.cost_sum;
  for (std::size_t i = 0; i < latency.size(); ++i) count(latency[i], calls.latency[i]);
}

base::call_sums call_bank::sums() const {
  base::call_sums all{succ, err, latency_sum_us, cost_sum, {}};
  std::copy(latency.begin(), latency.end(), all.latency.begin());
  return all;
}

struct call_counters::header {
  std::uint64_t magic_number = 0;
  std::uint64_t row_size = 0;
  base::agent_id agent;
  std::uint64_t done_tick = 0;
  std::int64_t time = 0;
  base::boot_moment boot = {};  // the same moment; zeros in a file of a release before 0.4
};

// Pages of the file, or of memory alone; unmapped at the end.
struct call_counters::chunk {
  chunk(void* at, std::size_t size) : start(at), bytes(size) {}
  ~chunk() { ::munmap(start, bytes); }
  chunk(const chunk&) = delete;
  chunk& operator=(const chunk&) = delete;
  call_row* rows() const { return static_cast<call_row*>(start); }

  void* const start;
  const std::size_t bytes;
};

call_counters::call_counters() = default;

call_counters::~call_counters() {
  if (file_ >= 0) ::close(file_);
}

call_counters::header& call_counters::head() {
  return header_in_memory_ ? *header_in_memory_ : *static_cast<header*>(chunks_.front()->start);
}

result<call_counters::leftover> call_counters::open(const std::filesystem::path& path) {
  bool found = false;
  if (auto mapped = map_file(path, found); !mapped) return mapped.error();
  leftover left;
  if (!found) return left;
  left.agent = head().agent;
  left.done_tick = head().done_tick;
  left.time = {head().time, head().boot};
  for (std::size_t i = 1; i < chunks_.size(); ++i)
    for (std::size_t row = 0; row < rows_a_chunk; ++row) {
      auto& one = chunks_[i]->rows()[row];
      if (one.in_use == 0 || (one.banks[0].empty() && one.banks[1].empty())) continue;
      left_[{one.key(), one.where()}] = &one;
      left.rows.push_back(&one);
    }
  return left;
}

// The header has a mapping of its own, and so has each chunk of rows: the file grows, and no row moves.
result<void> call_counters::map_file(const std::filesystem::path& path, bool& found) {
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (file_ < 0) {
    // No directory: there was no room for it.
    if (errno != ENOENT && !is_out_of_room(errno)) return failed(path, "open");
    found = false;
    count_in_memory(path, errno);
    return {};
  }
  struct stat about {};
  if (::fstat(file_, &about) != 0) return failed(path, "stat");
  // Allocated, not merely long: a page that the disk has no room for would end the process when it is written.
  if (const int refused = ::posix_fallocate(file_, 0, header_bytes); refused != 0) {
    // One with holes; otherwise its room is its own.
    if (about.st_size > 0)
      if (auto moved = put_aside(path); !moved) return moved;
    found = false;
    count_in_memory(path, refused);
    return {};
  }
  void* const at = ::mmap(nullptr, header_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (at == MAP_FAILED) return failed(path, "map");
  chunks_.push_back(std::make_unique<chunk>(at, header_bytes));
  found = head().magic_number == counters_magic && head().row_size == sizeof(call_row);
  const auto size = static_cast<std::size_t>(about.st_size);
  bool whole = found;
  while (whole && header_bytes + (file_chunks_ + 1) * chunk_bytes <= size) whole = grow_file();
  if (!whole && size > 0) {
    if (auto moved = put_aside(path); !moved) return moved;
    return map_file(path, found);
  }
  if (!found) head() = {counters_magic, sizeof(call_row), {}, 0, 0, {}};
  return {};
}

result<void> call_counters::put_aside(const std::filesystem::path& path) {
  auto aside = path;
  aside += ".damaged";
  log::warn("agent.counters_damaged", {{"file", path.string()}, {"kept_as", aside.string()}});
  if (::rename(path.c_str(), aside.c_str()) != 0) return failed(path, "rename");
  chunks_.clear();
  file_chunks_ = 0;
  ::close(std::exchange(file_, -1));
  return {};
}

void call_counters::count_in_memory(const std::filesystem::path& path, int reason) {
  log::warn("agent.counters_in_memory", {{"file", path.string()}, {"reason", std::strerror(reason)}});
  told_ = true;
  header_in_memory_ = std::make_unique<header>();
  if (file_ >= 0) ::close(std::exchange(file_, -1));
}

// Maps the next chunk of the file, which is made longer where it has to be.
bool call_counters::grow_file() {
  if (file_ < 0) return false;
  const auto at = static_cast<off_t>(header_bytes + file_chunks_ * chunk_bytes);
  if (const int refused = ::posix_fallocate(file_, at, static_cast<off_t>(chunk_bytes)); refused != 0) {
    errno = refused;
    return false;
  }
  void* const pages = ::mmap(nullptr, chunk_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, at);
  if (pages == MAP_FAILED) return false;
  chunks_.push_back(std::make_unique<chunk>(pages, chunk_bytes));
  ++file_chunks_;
  return true;
}

void call_counters::grow() {
  if (!grow_file()) {
    if (!told_) log::warn("agent.counters_in_memory", {{"reason", std::strerror(errno)}});
    told_ = true;
    void* const pages = ::mmap(nullptr, chunk_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    chunks_.push_back(std::make_unique<chunk>(pages, chunk_bytes));
  }
  auto* const rows = chunks_.back()->rows();
  for (std::size_t i = rows_a_chunk; i > 0; --i) free_.push_back(&rows[i - 1]);
}

void call_counters::forget(route_key key, endpoint where, bool both) {
  const auto found = left_.find({key, where});
  if (found == left_.end()) return;
  const unsigned drained = static_cast<unsigned>((head().done_tick + 1) & 1);
  found->second->banks[drained] = {};
  if (both) found->second->banks[1 - drained] = {};
}

void call_counters::restart(const base::agent_id& agent, const base::moment& now, rows_of_before rows) {
  free_.clear();
  for (std::size_t i = header_in_memory_ ? 0 : 1; i < chunks_.size(); ++i)
    for (std::size_t n = 0; n < rows_a_chunk; ++n) {
      auto* const row = &chunks_[i]->rows()[n];
      if (rows == rows_of_before::kept && is_left(row)) {
        retire(row);
        ++taken_;
        continue;
      }
      *row = {};
      free_.push_back(row);
    }
  left_.clear();
  // Only now: until the rows are empty, records of the next tick still say what to empty.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  auto& head_now = head();
  head_now.done_tick += 1;
  head_now.agent = agent;
  head_now.time = now.unix_seconds;
  head_now.boot = now.boot;
  tick_.store(head_now.done_tick + 1, std::memory_order_relaxed);
}

bool call_counters::is_left(const call_row* row) const {
  const auto found = left_.find({row->key(), row->where()});
  return found != left_.end() && found->second == row;
}

call_row* call_counters::take(route_key key, endpoint where) {
  if (const auto back = retired_.find({key, where}); back != retired_.end()) {
    auto* const own = back->second;
    retired_.erase(back);
    return own;
  }
  if (free_.empty()) grow();
  auto* const row = free_.back();
  free_.pop_back();
  ++taken_;
  *row = {key.modid, key.cmdid, where.ip, where.port, 1, {}};
  return row;
}

void call_counters::retire(call_row* row) { retired_[{row->key(), row->where()}] = row; }

bool call_counters::count_stray(route_key key, endpoint where, const base::call_sums& calls) {
  auto found = retired_.find({key, where});
  if (found == retired_.end()) {
    if (strays_ >= most_strays) return false;
    ++strays_;
    found = retired_.emplace(std::pair(key, where), take(key, where)).first;
  }
  found->second->banks[active_bank()].add(calls);
  return true;
}

void call_counters::rename_agent(const base::agent_id& agent) { head().agent = agent; }

void call_counters::begin(const base::moment& now) {
  if (draining_) return;  // the one before has not reached the spool yet
  draining_ = true;
  drain_tick_ = head().done_tick + 1;
  head().time = now.unix_seconds;
  head().boot = now.boot;
  tick_.store(drain_tick_ + 1, std::memory_order_relaxed);
}

void call_counters::finish(const std::vector<call_row*>& drained) {
  for (auto* const row : drained) row->banks[drain_bank()] = {};
  // The compiler may not move this before the banks are empty: a kill in between would leave them counted twice.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  head().done_tick = drain_tick_;
  draining_ = false;
  strays_ = 0;
  std::erase_if(retired_, [&](const auto& named) {
    auto* const row = named.second;
    if (!row->banks[0].empty() || !row->banks[1].empty()) return false;
    *row = {};
    free_.push_back(row);
    --taken_;
    return true;
  });
}

}  // namespace lars::agent
