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

// Saturates at the largest number instead of wrapping.
void count(std::uint32_t& calls, std::uint64_t more) {
  constexpr std::uint64_t largest = std::numeric_limits<std::uint32_t>::max();
  calls = static_cast<std::uint32_t>(std::min(largest - calls, more) + calls);
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
  base::boot_moment boot = {};  // `time` on the boot clock; zeros in files of releases before 0.4
};

// A mapping of part of the file, or anonymous memory. Unmapped by the destructor.
struct call_counters::chunk {
  chunk(void* pages, std::size_t size) : start(pages), bytes(size) {}
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
  bool existed = false;
  if (auto mapped = map_file(path, existed); !mapped) return mapped.error();
  leftover left;
  if (!existed) return left;
  left.agent = head().agent;
  left.done_tick = head().done_tick;
  left.time = {head().time, head().boot};
  for (std::size_t i = 1; i < chunks_.size(); ++i)
    for (std::size_t n = 0; n < rows_a_chunk; ++n) {
      auto& row = chunks_[i]->rows()[n];
      if (row.in_use == 0 || (row.banks[0].empty() && row.banks[1].empty())) continue;
      leftover_[{row.key(), row.where()}] = &row;
      left.rows.push_back(&row);
    }
  return left;
}

// The header and each chunk of rows are mapped separately, so rows keep their addresses when the file grows.
result<void> call_counters::map_file(const std::filesystem::path& path, bool& existed) {
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (file_ < 0) {
    // ENOENT: the directory is missing because the disk had no space for it.
    if (errno != ENOENT && !is_out_of_room(errno)) return failed(path, "open");
    existed = false;
    use_memory(path, errno);
    return {};
  }
  struct stat about {};
  if (::fstat(file_, &about) != 0) return failed(path, "stat");
  // Allocate the blocks, not only the length: writing to a hole that the disk has no space for raises SIGBUS.
  if (const int refused = ::posix_fallocate(file_, 0, header_bytes); refused != 0) {
    // The existing file is sparse; a file without holes needs no further space.
    if (about.st_size > 0)
      if (auto moved = quarantine(path); !moved) return moved;
    existed = false;
    use_memory(path, refused);
    return {};
  }
  void* const pages = ::mmap(nullptr, header_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (pages == MAP_FAILED) return failed(path, "map");
  chunks_.push_back(std::make_unique<chunk>(pages, header_bytes));
  existed = head().magic_number == counters_magic && head().row_size == sizeof(call_row);
  const auto size = static_cast<std::size_t>(about.st_size);
  bool whole = existed;
  while (whole && header_bytes + (file_chunks_ + 1) * chunk_bytes <= size) whole = grow_file();
  if (!whole && size > 0) {
    if (auto moved = quarantine(path); !moved) return moved;
    return map_file(path, existed);
  }
  if (!existed) head() = {counters_magic, sizeof(call_row), {}, 0, 0, {}};
  return {};
}

result<void> call_counters::quarantine(const std::filesystem::path& path) {
  auto aside = path;
  aside += ".damaged";
  log::warn("agent.counters_damaged", {{"file", path.string()}, {"kept_as", aside.string()}});
  if (::rename(path.c_str(), aside.c_str()) != 0) return failed(path, "rename");
  chunks_.clear();
  file_chunks_ = 0;
  ::close(std::exchange(file_, -1));
  return {};
}

void call_counters::use_memory(const std::filesystem::path& path, int reason) {
  log::warn("agent.counters_in_memory", {{"file", path.string()}, {"reason", std::strerror(reason)}});
  in_memory_ = true;
  header_in_memory_ = std::make_unique<header>();
  if (file_ >= 0) ::close(std::exchange(file_, -1));
}

// Maps the next chunk of the file and extends the file if necessary.
bool call_counters::grow_file() {
  if (file_ < 0) return false;
  const auto offset = static_cast<off_t>(header_bytes + file_chunks_ * chunk_bytes);
  if (const int refused = ::posix_fallocate(file_, offset, static_cast<off_t>(chunk_bytes)); refused != 0) {
    errno = refused;
    return false;
  }
  void* const pages = ::mmap(nullptr, chunk_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, offset);
  if (pages == MAP_FAILED) return false;
  chunks_.push_back(std::make_unique<chunk>(pages, chunk_bytes));
  ++file_chunks_;
  return true;
}

void call_counters::grow() {
  if (!grow_file()) {
    if (!in_memory_) log::warn("agent.counters_in_memory", {{"reason", std::strerror(errno)}});
    in_memory_ = true;
    void* const pages = ::mmap(nullptr, chunk_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    chunks_.push_back(std::make_unique<chunk>(pages, chunk_bytes));
  }
  auto* const rows = chunks_.back()->rows();
  for (std::size_t i = rows_a_chunk; i > 0; --i) free_.push_back(&rows[i - 1]);
}

void call_counters::discard(route_key key, endpoint where, bool both) {
  const auto found = leftover_.find({key, where});
  if (found == leftover_.end()) return;
  const unsigned drained = static_cast<unsigned>((head().done_tick + 1) & 1);
  found->second->banks[drained] = {};
  if (both) found->second->banks[1 - drained] = {};
}

void call_counters::restart(const base::agent_id& agent, const base::moment& now, leftover_rows rows) {
  free_.clear();
  for (std::size_t i = header_in_memory_ ? 0 : 1; i < chunks_.size(); ++i)
    for (std::size_t n = 0; n < rows_a_chunk; ++n) {
      auto* const row = &chunks_[i]->rows()[n];
      if (rows == leftover_rows::kept && is_leftover(row)) {
        retire(row);
        ++rows_in_use_;
        continue;
      }
      *row = {};
      free_.push_back(row);
    }
  leftover_.clear();
  // Advance done_tick only after the rows are empty. If the process is killed before, the next start uses the spool's
  // records of tick done_tick + 1 to empty them.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  auto& current = head();
  current.done_tick += 1;
  current.agent = agent;
  current.time = now.unix_seconds;
  current.boot = now.boot;
  tick_.store(current.done_tick + 1, std::memory_order_relaxed);
}

bool call_counters::is_leftover(const call_row* row) const {
  const auto found = leftover_.find({row->key(), row->where()});
  return found != leftover_.end() && found->second == row;
}

call_row* call_counters::allocate(route_key key, endpoint where) {
  if (const auto retired = retired_.find({key, where}); retired != retired_.end()) {
    auto* const row = retired->second;
    retired_.erase(retired);
    return row;
  }
  if (free_.empty()) grow();
  auto* const row = free_.back();
  free_.pop_back();
  ++rows_in_use_;
  *row = {key.modid, key.cmdid, where.ip, where.port, 1, {}};
  return row;
}

void call_counters::retire(call_row* row) { retired_[{row->key(), row->where()}] = row; }

bool call_counters::count_stray(route_key key, endpoint where, const base::call_sums& calls) {
  auto found = retired_.find({key, where});
  if (found == retired_.end()) {
    if (strays_ >= most_strays) return false;
    ++strays_;
    found = retired_.emplace(std::pair(key, where), allocate(key, where)).first;
  }
  found->second->banks[active_bank()].add(calls);
  return true;
}

void call_counters::rename_agent(const base::agent_id& agent) { head().agent = agent; }

void call_counters::begin_drain(const base::moment& now) {
  if (draining_) return;  // the previous drain is not in the spool yet
  draining_ = true;
  drain_tick_ = head().done_tick + 1;
  head().time = now.unix_seconds;
  head().boot = now.boot;
  tick_.store(drain_tick_ + 1, std::memory_order_relaxed);
}

void call_counters::finish_drain(const std::vector<call_row*>& drained) {
  for (auto* const row : drained) row->banks[drain_bank()] = {};
  // The compiler must not move this store before the banks are empty: a kill in between would count them twice.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  head().done_tick = drain_tick_;
  draining_ = false;
  strays_ = 0;
  std::erase_if(retired_, [&](const auto& named) {
    auto* const row = named.second;
    if (!row->banks[0].empty() || !row->banks[1].empty()) return false;
    *row = {};
    free_.push_back(row);
    --rows_in_use_;
    return true;
  });
}

}  // namespace lars::agent
