// The unacknowledged batches of one incarnation on disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <string>
#include <vector>

#include "agent/local/disk_file.hpp"
#include "agent/results/spool_record.hpp"

namespace lars::agent {

// A batch read back.
struct spooled_batch {
  base::agent_id agent;
  std::uint64_t seq = 0;
  std::string frame;  // a report without caller, agent and seq
};

// Lifetime: its spool's; at most its file_calls'. Threads: blocking; one thread at a time.
// Invariants: a record that may have been sent keeps its seq and content; a partly written record is never followed by
// a complete one.
class spool_file {
public:
  // Creates a file for this incarnation. On error, for example a full disk, no file is left behind.
  static result<std::unique_ptr<spool_file>> create(const std::filesystem::path& path, const base::agent_id& agent,
                                                    file_calls& calls = file_calls::of_system());

  // Opens an existing file and calls `each` for every record. Ignores a damaged end, and logs it if batches that may
  // have been sent are lost. Null if the file has another format: it was renamed to *.damaged and logged.
  static result<std::unique_ptr<spool_file>> load(
      const std::filesystem::path& path, const std::function<void(spool_mark, const proto::status_report&)>& each,
      file_calls& calls = file_calls::of_system());

  // Makes the file this incarnation's and renames it to `path`, reusing its disk space. REQUIRES: empty().
  result<void> reuse(const std::filesystem::path& path, const base::agent_id& agent);

  // errc::io_failed: nothing was appended.
  result<void> append(const std::vector<std::string>& frames, spool_mark mark);

  // The next unread batches, about `bytes` of them. From now on they count as possibly sent. errc::io_failed if the
  // first one cannot be read.
  result<std::vector<spooled_batch>> read_next(std::size_t bytes);

  // Makes read_next() return every unacknowledged batch again.
  void rewind() { loaded_ = released_; }

  // All batches up to `seq` are acknowledged. Resets the file if none is left.
  void release(std::uint64_t seq);

  // Merges batches that cannot have been sent yet into batches of `step` seconds. Returns how many fewer there are.
  // Errors leave the file unchanged.
  result<std::size_t> merge(std::uint32_t step);

  // Moves the pending batches to another incarnation, numbered from seq 1.
  result<void> rename_agent(const base::agent_id& agent);

  const base::agent_id& agent() const { return header_.agent; }
  bool empty() const { return records_.empty(); }  // every batch is acknowledged
  bool is_fully_read() const { return loaded_ >= last_seq(); }
  // False if batches that may have been sent are missing at the end. Their seqs must not be used again.
  bool may_append() const { return header_.loaded_seq <= last_seq(); }
  std::size_t bytes() const { return end_; }
  std::size_t batches() const { return records_.size(); }
  const std::filesystem::path& path() const { return file_.path(); }
  void remove() { file_.remove(); }

private:
  struct record_span {
    std::uint64_t offset = 0;
    std::size_t size = 0;
  };

  spool_file(std::filesystem::path path, file_calls& calls) : file_(std::move(path), calls) {}
  // The seq of the last record; first_seq - 1 if there is none. Compare seqs from a file's header or from a reporter,
  // but never add to them: they may be any number.
  std::uint64_t last_seq() const { return header_.first_seq - 1 + records_.size(); }
  std::size_t unsent() const;
  void scan(std::string_view bytes, const std::function<void(spool_mark, const proto::status_report&)>& each);
  void drop_front(std::size_t count);
  result<void> reset(std::uint64_t first_seq);
  result<void> rewrite(const spool_header& header, const std::vector<std::string>& records);
  result<std::string> read_record(const record_span& record, spool_mark& mark) const;

  disk_file file_;
  spool_header header_;
  std::deque<record_span> records_;  // by seq, from header_.first_seq on
  std::uint64_t loaded_ = 0;         // the last seq read in this process
  std::uint64_t released_ = 0;       // the last seq acknowledged
  std::uint64_t end_ = spool_header_size;
};

}  // namespace lars::agent
