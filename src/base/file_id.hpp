// Identifies a file, whatever its path.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

namespace lars::base {

// The kernel does not reuse the numbers while the file is open or a socket is bound to it.
struct file_id {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const file_id&) const = default;
};

inline std::optional<file_id> file_id_of(const struct stat& about) { return file_id{about.st_dev, about.st_ino}; }

// The file at a path, without following a symbolic link. nullopt if it does not exist or cannot be examined.
inline std::optional<file_id> file_id_at(const std::string& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0 ? file_id_of(about) : std::nullopt;
}

inline std::optional<file_id> file_id_of(int file) {
  struct stat about {};
  return ::fstat(file, &about) == 0 ? file_id_of(about) : std::nullopt;
}

}  // namespace lars::base
