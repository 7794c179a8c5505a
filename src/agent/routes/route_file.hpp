// The file of saved routes: read once at start, appended to as routes change, compacted when most of it is outdated.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <lars/error.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/local/disk_file.hpp"
#include "proto/codec.hpp"

namespace lars::agent {

// A module's route as it is saved.
struct saved_route {
  route_key key;
  std::string record;
  bool empty = false;  // the route has no hosts; compaction drops the module
};

// Lifetime: its role's. Threads: blocking; one thread at a time.
// Invariant: a partly written record is never followed by a complete one.
class route_file {
public:
  explicit route_file(std::filesystem::path path) : file_(std::move(path)) {}

  // Opens or creates the file and calls `each` with the last route of every module that has hosts. Truncates a damaged
  // end. Renames a file of another format to *.damaged. Both are logged and are not errors.
  // errc::io_failed when the file cannot be opened or read.
  result<void> load(const std::function<void(proto::route_response&&)>& each);

  // The time from the last write of the file to load(), by the wall clock; none if unknown.
  std::optional<std::chrono::milliseconds> age() const { return age_; }

  // Appends all records. errc::io_failed: no record was appended.
  result<void> append(const std::vector<saved_route>& routes);

  // Rewrites the file with the last record of each module that has hosts, if the file is longer than twice their size
  // plus 1 MiB. errc::io_failed: the file is unchanged.
  result<void> compact_if_stale();

  // Modules that the next start would load.
  std::size_t modules() const { return last_sizes_.size(); }

  // Flushes the file to the disk.
  result<void> sync() { return file_.sync(); }

private:
  result<std::string> read_all() const;
  result<void> reset();
  result<void> write_at_end(std::string_view bytes);
  void track_size(route_key key, std::size_t size);

  disk_file file_;
  std::optional<std::chrono::milliseconds> age_;           // at load()
  std::size_t size_ = 0;                                   // of the file, up to the last complete record
  std::size_t live_ = 0;                                   // bytes that compaction would keep
  std::unordered_map<route_key, std::size_t> last_sizes_;  // size of the last record of each module with hosts
};

}  // namespace lars::agent
