// The file of saved routes: read once at start, appended to as routes change, rewritten when it has grown stale.
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
  bool empty = false;  // it has no hosts: once it is written nothing is kept of the module
};

// Lifetime: its role's. Threads: blocking; one thread at a time.
// Invariant: the file is never left with a half-written record in front of a whole one.
class route_file {
public:
  explicit route_file(std::filesystem::path path) : file_(std::move(path)) {}

  // Opens or makes the file and hands over the last route of every module, empty ones left out. A damaged end is cut, a
  // file that is none of ours is put aside under another name; both are logged and neither is an error.
  // errc::io_failed when the file cannot be opened or read.
  result<void> load(const std::function<void(proto::route_response&&)>& each);

  // How long before load() the file was written last, by the machine's wall clock; none = not known.
  std::optional<std::chrono::milliseconds> age() const { return age_; }

  // Writes whole records behind each other. errc::io_failed: none was written.
  result<void> append(const std::vector<saved_route>& routes);

  // Rewrites the file with each module's last record, if it has hosts, where it is over twice as long as that and slack
  // more.
  // errc::io_failed: the file is as it was.
  result<void> compact_if_stale();

  // That the next start would find.
  std::size_t modules() const { return last_sizes_.size(); }

  // Hands what was written to the disk.
  result<void> sync() { return file_.sync(); }

private:
  result<std::string> read_all() const;
  result<void> start_anew();
  result<void> write_at_end(std::string_view bytes);
  void note(route_key key, std::size_t size);

  disk_file file_;
  std::optional<std::chrono::milliseconds> age_;           // when it was loaded
  std::size_t size_ = 0;                                   // of the file, up to the last whole record
  std::size_t live_ = 0;                                   // of it, what would be left
  std::unordered_map<route_key, std::size_t> last_sizes_;  // of each module's last record, where it has hosts
};

}  // namespace lars::agent
