// A file of the agent's state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <lars/error.hpp>
#include <string>
#include <string_view>

#include "agent/local/file_calls.hpp"

namespace lars::agent {

// Whether this errno means that there is no space to write: full disk, quota, or file size limit.
bool is_out_of_room(int number);

// Closed by the destructor. Threads: blocking; one thread at a time.
// Errors: errc::io_failed with the path and the reason.
class disk_file {
public:
  // REQUIRES: `calls` outlives the file.
  explicit disk_file(std::filesystem::path path, file_calls& calls = file_calls::of_system())
      : calls_(calls), path_(std::move(path)) {}
  ~disk_file();
  disk_file(const disk_file&) = delete;
  disk_file& operator=(const disk_file&) = delete;

  // Opens the file, creating it if necessary.
  result<void> open();

  result<std::string> read(std::uint64_t offset, std::size_t bytes) const;  // fewer bytes at the end of the file
  result<void> write(std::uint64_t offset, std::string_view bytes);
  result<std::uint64_t> size() const;
  result<void> truncate(std::uint64_t bytes);

  // Allocates disk space for these bytes, so that writing them cannot fail for lack of space. On error the content is
  // unchanged.
  result<void> reserve(std::uint64_t offset, std::uint64_t bytes);

  // Replaces the content atomically: after a kill or a power cut, either the old or the new content is complete.
  result<void> replace(std::string_view bytes);

  // Flushes the content to the disk.
  result<void> sync();

  // Renames the file within its directory, replacing any file of that name.
  result<void> rename(std::filesystem::path to);

  // Renames the file to NAME.damaged, so that an operator can inspect it, and closes it.
  result<void> quarantine();
  void remove();

  const std::filesystem::path& path() const { return path_; }

private:
  error failed(const char* what) const;
  bool write_whole(int file, std::string_view bytes, std::uint64_t offset);
  void sync_directory();

  file_calls& calls_;
  std::filesystem::path path_;
  int file_ = -1;
};

}  // namespace lars::agent
