#include "agent/local/group_access.hpp"

#include <sys/stat.h>

#include <system_error>

namespace lars::agent {

std::filesystem::path closed_to_group_of(const std::filesystem::path& file) {
  struct stat target {};
  if (::lstat(file.c_str(), &target) != 0) return file.parent_path();
  std::error_code failure;
  std::filesystem::path way;
  for (const auto& name : std::filesystem::canonical(file.parent_path(), failure)) {
    way /= name;
    struct stat about {};
    if (::stat(way.c_str(), &about) != 0) return way;
    const mode_t passing = about.st_gid == target.st_gid ? S_IXGRP : S_IXOTH;
    if ((about.st_mode & passing) == 0) return way;
  }
  return {};
}

}  // namespace lars::agent
