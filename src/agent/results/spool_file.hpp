// The batches of one incarnation that no reporter has acknowledged yet, on disk.
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

// Lifetime: its spool's. Threads: blocking; one thread at a time.
// Invariants: the record with seq s is never another one, once it may have been sent; the file is never left with a
// half-written record in front of a whole one.
class spool_file {
public:
  // A file that begins with this incarnation. Where the disk has no room for it, nothing is left behind.
  static result<std::unique_ptr<spool_file>> make(const std::filesystem::path& path, const base::agent_id& agent);

  // A file that is there. Its damaged end is cut and logged. Null where it is none of ours: it was put aside, logged.
  // `each` sees every record's mark and report.
  static result<std::unique_ptr<spool_file>> load(
      const std::filesystem::path& path, const std::function<void(spool_mark, const proto::status_report&)>& each);

  // Nothing is left in it: it becomes this incarnation's, in the room that it has on the disk, and goes by this name.
  // REQUIRES: empty().
  result<void> take_over(const std::filesystem::path& path, const base::agent_id& agent);

  // errc::io_failed: nothing was added.
  result<void> append(const std::vector<std::string>& frames, spool_mark mark);

  // Batches that were not read before, up to about `bytes` of them; from now on they may have been sent.
  result<std::vector<spooled_batch>> read_on(std::size_t bytes);

  // What was read and is not acknowledged is read once more.
  void read_again() { loaded_ = released_; }

  // Everything up to `seq` is acknowledged. The file begins anew when nothing is left.
  void release(std::uint64_t seq);

  // Makes few batches of those that cannot have been sent yet. Returns how many went. Errors leave the file as it was.
  result<std::size_t> merge(std::uint32_t step);

  // Gives what is pending to another incarnation, from seq 1 on.
  result<void> rename_agent(const base::agent_id& agent);

  const base::agent_id& agent() const { return header_.agent; }
  bool empty() const { return records_.empty(); }  // nothing is left to be acknowledged
  bool read_up() const { return loaded_ >= last_seq(); }
  // False where batches that may have been sent are missing at the end: their numbers are not to be given anew.
  bool may_append() const { return header_.loaded_seq <= last_seq(); }
  std::size_t bytes() const { return end_; }
  std::size_t batches() const { return records_.size(); }
  const std::filesystem::path& path() const { return file_.path(); }
  void remove() { file_.remove(); }

private:
  struct place {
    std::uint64_t at = 0;
    std::size_t size = 0;
  };

  explicit spool_file(std::filesystem::path path) : file_(std::move(path)) {}
  // Of the last record; that before the first one where there is none. Sequences are compared, never added to: of a
  // damaged file they may be any number, and so may be what a reporter says.
  std::uint64_t last_seq() const { return header_.first_seq - 1 + records_.size(); }
  std::size_t unsent() const;
  void scan(std::string_view bytes, const std::function<void(spool_mark, const proto::status_report&)>& each);
  void drop_front(std::size_t count);
  result<void> begin_anew(std::uint64_t first_seq);
  result<void> rewrite(const spool_header& header, const std::vector<std::string>& records);
  result<std::string> read_record(const place& where, spool_mark& mark) const;

  disk_file file_;
  spool_header header_;
  std::deque<place> records_;   // by seq, from header_.first_seq on
  std::uint64_t loaded_ = 0;    // read in this process, up to here
  std::uint64_t released_ = 0;  // acknowledged, up to here
  std::uint64_t end_ = spool_header_size;
};

}  // namespace lars::agent
