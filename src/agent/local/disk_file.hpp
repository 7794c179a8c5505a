// A file of the agent's state, read and written whole pieces at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <lars/error.hpp>
#include <string>
#include <string_view>

namespace lars::agent {

// Whether this errno says that there is no room for what was to be written: a full disk, a quota, a limited file size.
bool is_out_of_room(int number);

// Lifetime: its owner's; closed with it. Threads: blocking; one thread at a time.
// Errors: errc::io_failed with the path and the reason.
class disk_file {
public:
  explicit disk_file(std::filesystem::path path) : path_(std::move(path)) {}
  ~disk_file();
  disk_file(const disk_file&) = delete;
  disk_file& operator=(const disk_file&) = delete;

  // Opens or makes it.
  result<void> open();

  result<std::string> read(std::uint64_t at, std::size_t bytes) const;  // fewer at the file's end
  result<void> write(std::uint64_t at, std::string_view bytes);
  result<std::uint64_t> size() const;
  result<void> truncate(std::uint64_t bytes);

  // Makes the disk set these bytes aside: writing them needs no room any more. Fails where there is none; nothing that
  // was written has changed then.
  result<void> reserve(std::uint64_t at, std::uint64_t bytes);

  // Puts a file with these bytes in its place: after a kill or a power cut either is there whole.
  result<void> replace(std::string_view bytes);

  // Hands what was written to the disk.
  result<void> sync();

  // Goes by another name in the same directory. What that name meant before is gone.
  result<void> rename(std::filesystem::path to);

  // Renames it to NAME.damaged for a person to look at and closes it.
  result<void> put_aside();
  void remove();

  const std::filesystem::path& path() const { return path_; }

private:
  error failed(const char* what) const;

  std::filesystem::path path_;
  int file_ = -1;
};

}  // namespace lars::agent
