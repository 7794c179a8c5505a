#include "agent/results/spool_file.hpp"

#include <algorithm>
#include <utility>

#include "agent/results/status_merge.hpp"
#include "base/random.hpp"
#include "log/log.hpp"

namespace lars::agent {
namespace {

// Kept allocated even while the file is empty, so that results still pass through if the disk fills up later.
constexpr std::uint64_t reserve_bytes = 1u << 20;

// More than any spool holds. A larger loaded_seq is damaged itself; the header's checksum does not cover it.
constexpr std::uint64_t most_batches = std::uint64_t{1} << 32;

std::uint64_t new_epoch() { return base::random_source::from_system()(); }

}  // namespace

result<std::unique_ptr<spool_file>> spool_file::create(const std::filesystem::path& path, const base::agent_id& agent,
                                                       file_calls& calls) {
  std::unique_ptr<spool_file> file(new spool_file(path, calls));
  if (auto opened = file->file_.open(); !opened) return opened.error();
  file->header_.agent = agent;
  auto begun = file->file_.reserve(0, reserve_bytes);
  // A disk too full for the reserve may still have space for the header.
  if (!begun) begun = file->file_.reserve(0, spool_header_size);
  if (begun) begun = file->reset(1);
  if (begun) return file;
  file->remove();
  return begun.error();
}

result<void> spool_file::reuse(const std::filesystem::path& path, const base::agent_id& agent) {
  const auto before = std::exchange(header_.agent, agent);
  if (auto begun = reset(1); !begun) {
    header_.agent = before;
    return begun;
  }
  [[maybe_unused]] const auto reserved = file_.reserve(0, reserve_bytes);
  // The name only orders the files. The header names the incarnation, so a failed rename is harmless.
  [[maybe_unused]] const auto renamed = file_.rename(path);
  return {};
}

result<std::unique_ptr<spool_file>> spool_file::load(
    const std::filesystem::path& path, const std::function<void(spool_mark, const proto::status_report&)>& each,
    file_calls& calls) {
  std::unique_ptr<spool_file> file(new spool_file(path, calls));
  if (auto opened = file->file_.open(); !opened) return opened.error();
  const auto size = file->file_.size();
  if (!size) return size.error();
  const auto bytes = file->file_.read(0, *size);
  if (!bytes) return bytes.error();
  const auto header = read_spool_header(*bytes);
  if (!header) {
    log::warn("agent.spool_damaged", {{"file", path.string()}, {"kept_as", path.string() + ".damaged"}});
    if (auto moved = file->file_.quarantine(); !moved) return moved.error();
    return std::unique_ptr<spool_file>();
  }
  file->header_ = *header;
  file->scan(*bytes, each);
  // Batches that the previous process read may be unacknowledged, and this process has none in memory. Read all again.
  file->loaded_ = file->released_ = header->first_seq - 1;
  return file;
}

void spool_file::scan(std::string_view bytes,
                      const std::function<void(spool_mark, const proto::status_report&)>& each) {
  while (true) {
    const auto record = read_spool_record(header_.epoch, bytes.substr(end_));
    const auto report = record ? read_report(record->frame) : std::nullopt;
    if (!report) break;
    each(record->mark, *report);
    records_.push_back({end_, record->size});
    end_ += record->size;
  }
  // Trailing zeros are preallocated space. Records of an older epoch look corrupt but are not. So log only if a batch
  // that may have been sent is missing.
  if (may_append()) return;
  const auto missing = header_.loaded_seq - last_seq();
  const auto lost = missing > most_batches ? log::field("lost", "unknown") : log::field("lost", missing);
  log::warn("agent.spool_cut", {{"file", path().string()}, {"kept", records_.size()}, lost});
}

result<void> spool_file::reset(std::uint64_t first_seq) {
  spool_header header{new_epoch(), header_.agent, first_seq, first_seq - 1};
  if (auto written = file_.write(0, make_spool_header(header)); !written) return written;
  header_ = header;
  loaded_ = released_ = first_seq - 1;
  records_.clear();
  if (end_ > reserve_bytes) [[maybe_unused]]
    const auto shorter = file_.truncate(reserve_bytes);
  end_ = spool_header_size;
  return {};
}

result<void> spool_file::append(const std::vector<std::string>& frames, spool_mark mark) {
  std::string bytes;
  std::vector<record_span> added;
  for (const auto& frame : frames) {
    const auto record = make_spool_record(header_.epoch, mark, frame);
    added.push_back({end_ + bytes.size(), record.size()});
    bytes += record;
  }
  // Reserve first, so that a full disk refuses the whole drain. After a restart, a part of it would count as a drain.
  if (auto reserved = file_.reserve(end_, bytes.size()); !reserved) return reserved;
  if (auto written = file_.write(end_, bytes); !written) {
    // Some of the records may be complete on the disk. The next append could end where one of them begins.
    [[maybe_unused]] const auto undone = file_.write(end_, std::string(bytes.size(), '\0'));
    return written;
  }
  records_.insert(records_.end(), added.begin(), added.end());
  end_ += bytes.size();
  return {};
}

result<std::string> spool_file::read_record(const record_span& record, spool_mark& mark) const {
  const auto bytes = file_.read(record.offset, record.size);
  if (!bytes) return bytes.error();
  const auto parsed = read_spool_record(header_.epoch, *bytes);
  if (!parsed)
    return {errc::io_failed, path().string() + ": corrupt record at offset " + std::to_string(record.offset)};
  mark = parsed->mark;
  return std::string(parsed->frame);
}

result<std::vector<spooled_batch>> spool_file::read_next(std::size_t bytes) {
  std::vector<spooled_batch> batches;
  std::size_t total = 0;
  std::uint64_t seq = loaded_;
  while (seq < last_seq() && total < bytes) {
    spool_mark mark;
    auto frame = read_record(records_[seq - (header_.first_seq - 1)], mark);
    if (!frame && batches.empty()) return frame.error();
    if (!frame) break;  // the next call reports it
    total += frame->size();
    batches.push_back({header_.agent, ++seq, *std::move(frame)});
  }
  // Store loaded_seq before any of these batches is sent, so that neither this process nor the next merges them.
  if (seq > header_.loaded_seq) {
    if (auto stored = file_.write(loaded_seq_offset, make_loaded_seq(seq)); !stored) return stored.error();
    header_.loaded_seq = seq;
  }
  loaded_ = seq;
  return batches;
}

void spool_file::release(std::uint64_t seq) {
  released_ = std::max(released_, std::min(seq, last_seq()));
  if (records_.empty() || released_ < header_.first_seq) return;
  const auto done = static_cast<std::size_t>(released_ - (header_.first_seq - 1));
  if (done == records_.size()) {
    if (const auto begun = reset(last_seq() + 1); !begun)
      log::warn("agent.spool_not_emptied", {{"reason", begun.error().text()}});
    return;
  }
  // Drop acknowledged records once they are most of a large file. Until then they cost disk space and, after a restart,
  // are sent again to a reporter that ignores them.
  const std::uint64_t done_bytes = records_[done].offset - spool_header_size;
  if (done_bytes > reserve_bytes && 2 * done_bytes > end_) drop_front(done);
}

void spool_file::drop_front(std::size_t count) {
  spool_header header = header_;
  header.first_seq += count;
  const auto first = records_[count].offset;
  const auto rest = file_.read(first, static_cast<std::size_t>(end_ - first));
  if (!rest || rest->size() != end_ - first) return;
  const std::uint64_t moved = first - spool_header_size;
  if (!file_.replace(make_spool_header(header) + *rest)) return;
  header_ = header;
  end_ -= moved;
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(count));
  for (auto& record : records_) record.offset -= moved;
}

// The number of records at the end that cannot have been sent yet.
std::size_t spool_file::unsent() const {
  const std::uint64_t before = header_.first_seq - 1;
  const std::uint64_t sent = header_.loaded_seq > before ? header_.loaded_seq - before : 0;
  return records_.size() - static_cast<std::size_t>(std::min<std::uint64_t>(sent, records_.size()));
}

result<std::size_t> spool_file::merge(std::uint32_t step) {
  if (unsent() < 2) return std::size_t{0};
  const std::size_t sent = records_.size() - unsent();
  std::vector<std::string> records;
  std::vector<proto::status_report> pending;
  spool_mark newest, mark;
  const std::uint64_t epoch = new_epoch();
  for (std::size_t i = 0; i < records_.size(); ++i) {
    auto frame = read_record(records_[i], mark);
    if (!frame) return frame.error();
    if (i < sent) {
      records.push_back(make_spool_record(epoch, mark, *frame));
    } else if (auto report = read_report(*frame)) {
      pending.push_back(*std::move(report));
      newest.tick = std::max(newest.tick, mark.tick);
    }
  }
  const std::size_t before = pending.size();
  const auto merged = merge_reports(pending, step);
  for (const auto& report : merged) records.push_back(make_spool_record(epoch, newest, proto::encode(report)));
  spool_header header = header_;
  header.epoch = epoch;
  if (auto written = rewrite(header, records); !written) return written.error();
  return before - std::min(before, merged.size());
}

result<void> spool_file::rename_agent(const base::agent_id& agent) {
  std::vector<std::string> records;
  spool_mark mark;
  const spool_header header{new_epoch(), agent, 1, 0};
  for (auto i = static_cast<std::size_t>(released_ - (header_.first_seq - 1)); i < records_.size(); ++i) {
    auto frame = read_record(records_[i], mark);
    if (!frame) return frame.error();
    records.push_back(make_spool_record(header.epoch, mark, *frame));
  }
  auto written = rewrite(header, records);
  if (written) loaded_ = released_ = 0;
  return written;
}

result<void> spool_file::rewrite(const spool_header& header, const std::vector<std::string>& records) {
  std::string bytes = make_spool_header(header);
  std::deque<record_span> spans;
  for (const auto& record : records) {
    spans.push_back({bytes.size(), record.size()});
    bytes += record;
  }
  if (auto replaced = file_.replace(bytes); !replaced) return replaced;
  header_ = header;
  records_ = std::move(spans);
  end_ = bytes.size();
  return {};
}

}  // namespace lars::agent
