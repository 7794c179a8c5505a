#include "agent/results/spool.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <utility>

#include "agent/results/status_merge.hpp"
#include "base/directory.hpp"
#include "log/log.hpp"

namespace lars::agent {
namespace {

namespace fs = std::filesystem;

// Seconds. The first step is the resolution of the history, so merging by it loses nothing there.
constexpr std::uint32_t merge_steps[] = {10, 60, 600, 3600, 86400};
constexpr std::string_view suffix = ".spool";
constexpr std::size_t number_digits = 20;

// "00000000000000000007-<32 hex digits>.spool": the names sort in order of creation.
std::string file_name(std::uint64_t number, const base::agent_id& agent) {
  const std::string digits = std::to_string(number);
  return std::string(number_digits - digits.size(), '0') + digits + '-' + agent.hex() + std::string(suffix);
}

std::uint64_t number_of(const fs::path& path) {
  const std::string name = path.filename().string();
  std::uint64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

error directory_error(const fs::path& directory, const std::error_code& failure) {
  return {errc::io_failed, directory.string() + ": " + failure.message()};
}

result<std::vector<fs::path>> files_in(const fs::path& directory) {
  std::vector<fs::path> paths;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(directory, failure))
    if (entry.path().string().ends_with(suffix)) paths.push_back(entry.path());
  if (failure && failure != std::errc::no_such_file_or_directory) return directory_error(directory, failure);
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> frames_of(const std::vector<proto::status_report>& reports) {
  std::vector<std::string> frames;
  for (const auto& report : reports) frames.push_back(proto::encode(report));
  return frames;
}

std::size_t size_of(const std::vector<std::string>& frames) {
  std::size_t bytes = 0;
  for (const auto& frame : frames) bytes += frame.size() + 16;
  return bytes;
}

}  // namespace

result<void> spool::open(const base::agent_id& agent, call_counters& counters, const base::moment& now) {
  agent_ = agent;
  if (const auto created = base::make_directory(directory_.string()); !created && !is_out_of_room(errno))
    return created.error();
  auto left = counters.open(directory_ / "counters");
  if (!left) return left.error();
  if (auto loaded = load_files(left->done_tick, counters); !loaded) return loaded;
  const auto saved = save_leftover(*left);
  counters.restart(agent, now, saved ? call_counters::leftover_rows::emptied : call_counters::leftover_rows::kept);
  const auto restored = std::count_if(files_.begin(), files_.end(), [](const auto& file) { return !file->empty(); });
  if (restored > 0) log::info("agent.spool_restored", {{"files", restored}, {"bytes", bytes()}});
  const auto begun = saved && !ready() ? begin_file() : saved;
  if (!begun) log::error("agent.spool_failed", {{"reason", begun.error().text()}});
  remove_emptied();
  update_stats();
  return {};
}

result<void> spool::load_files(std::uint64_t done_tick, call_counters& counters) {
  const auto paths = files_in(directory_);
  if (!paths) return paths.error();
  for (const auto& path : *paths) {
    next_number_ = std::max(next_number_, number_of(path) + 1);
    auto file = spool_file::load(path, [&](spool_mark mark, const proto::status_report& report) {
      // The process ended after it spooled this drain and before it emptied the counters.
      if (mark.tick <= done_tick) return;
      for (const auto& host : report.results) counters.discard(report.key, host.where, mark.whole);
    });
    if (!file) return file.error();
    if (*file) files_.push_back(*std::move(file));
  }
  return {};
}

// Spools leftover counts as batches of the incarnation that counted them. Two copies of a state directory then produce
// identical batches, which a reporter counts once. If that incarnation's file is missing or damaged, this incarnation's
// file is used.
result<void> spool::save_leftover(const call_counters::leftover& left) {
  std::map<route_key, proto::status_report> reports;
  for (const auto* row : left.rows) {
    auto delta = row->banks[0].sums();
    delta += row->banks[1].sums();
    if (delta.empty()) continue;
    auto& report = reports[row->key()];
    report.key = row->key();
    report.ts = static_cast<std::uint32_t>(left.time.unix_seconds);
    report.counted = left.time.boot;
    append_result(report.results, {row->where(), static_cast<std::uint32_t>(delta.succ),
                                   static_cast<std::uint32_t>(delta.err), false, delta});
  }
  if (reports.empty()) return {};
  auto* file = find(left.agent);
  if (file == nullptr || !file->may_append()) {
    if (auto begun = begin_file(); !begun) return begun;
    file = files_.back().get();
  }
  std::vector<std::string> frames;
  for (auto& [key, report] : reports) {
    std::sort(report.results.begin(), report.results.end(),
              [](const auto& a, const auto& b) { return a.where < b.where; });
    for (const auto& piece : split_report(std::move(report))) frames.push_back(proto::encode(piece));
  }
  return file->append(frames, {left.done_tick + 1, true});
}

// Begins this incarnation's file. Reuses the disk space of an empty file if there is one.
result<void> spool::begin_file() {
  std::error_code failure;
  fs::create_directories(directory_, failure);
  if (failure) return directory_error(directory_, failure);
  const auto path = directory_ / file_name(next_number_, agent_);
  const auto emptied = std::find_if(files_.begin(), files_.end(), [](const auto& file) { return file->empty(); });
  if (emptied != files_.end()) {
    if (auto reused = (*emptied)->reuse(path, agent_); !reused) return reused;
    std::rotate(emptied, emptied + 1, files_.end());
  } else {
    auto created = spool_file::create(path, agent_);
    if (!created) return created.error();
    files_.push_back(*std::move(created));
  }
  ++next_number_;
  update_stats();
  return {};
}

// Removes empty files of other incarnations. Until this incarnation has its file, keeps them for their disk space.
void spool::remove_emptied() {
  if (!ready()) return;
  std::erase_if(files_, [this](const auto& file) {
    if (!file->empty() || file->agent() == agent_) return false;
    file->remove();
    return true;
  });
}

spool_file* spool::find(const base::agent_id& agent) {
  for (const auto& file : files_)
    if (file->agent() == agent) return file.get();
  return nullptr;
}

result<void> spool::append(const std::vector<proto::status_report>& reports, spool_mark mark) {
  if (!ready())
    if (auto begun = begin_file(); !begun) return begun;
  const auto frames = frames_of(reports);
  if (auto merged = make_room(size_of(frames)); !merged) return merged;
  auto added = files_.back()->append(frames, mark);
  if (added) stats_.batches += frames.size();
  update_stats();
  return added;
}

// Merges batches until half of the limit is free: first every file by the finest step, oldest file first, then by
// coarser steps.
result<void> spool::make_room(std::size_t needed) {
  if (bytes() + needed <= most_bytes_) return {};
  std::size_t removed = 0;
  for (const std::uint32_t step : merge_steps) {
    for (const auto& file : files_) {
      if (2 * (bytes() + needed) <= most_bytes_) break;
      const auto merged = file->merge(step);
      if (!merged) return merged.error();
      removed += *merged;
    }
  }
  if (removed > 0) {
    if (stats_.merged.fetch_add(removed) == 0)
      log::warn("agent.spool_merged", {{"batches", removed}, {"bytes", bytes()}, {"bound", most_bytes_}});
  }
  if (bytes() + needed <= most_bytes_) return {};
  return {errc::too_large, directory_.string() + ": the spool is full (" + std::to_string(most_bytes_) + " bytes)"};
}

result<std::vector<spooled_batch>> spool::read_next(std::size_t bytes) {
  for (const auto& file : files_)
    if (!file->is_fully_read()) return file->read_next(bytes);
  return std::vector<spooled_batch>();
}

void spool::release(const base::agent_id& agent, std::uint64_t seq) {
  if (auto* const file = find(agent)) file->release(seq);
  remove_emptied();
  update_stats();
}

result<void> spool::rename_agent(const base::agent_id& agent, const base::agent_id& becomes) {
  if (auto* const file = find(agent))
    if (auto renamed = file->rename_agent(becomes); !renamed) {
      file->rewind();
      return renamed;
    }
  if (agent == agent_) agent_ = becomes;
  return {};
}

std::size_t spool::bytes() const {
  std::size_t sum = 0;
  for (const auto& file : files_) sum += file->bytes();
  return sum;
}

void spool::update_stats() {
  std::size_t batches = 0;
  for (const auto& file : files_) batches += file->batches();
  stats_.spool_bytes = bytes();
  stats_.waiting = batches;
}

}  // namespace lars::agent
