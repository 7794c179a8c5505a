#include "agent/local/group_access.hpp"

#include <sys/stat.h>

#include <system_error>

namespace lars::agent {

std::filesystem::path closed_to_group_of(const std::filesystem::path& file) {
  struct stat target {};
  if (::lstat(file.c_str(), &target) != 0) return file.parent_path();
  std::error_code failure;
  std::filesystem::path directory;
  for (const auto& name : std::filesystem::canonical(file.parent_path(), failure)) {
    directory /= name;
    struct stat about {};
    if (::stat(directory.c_str(), &about) != 0) return directory;
    const mode_t enter_bit = about.st_gid == target.st_gid ? S_IXGRP : S_IXOTH;
    if ((about.st_mode & enter_bit) == 0) return directory;
  }
  return {};
}

}  // namespace lars::agent
