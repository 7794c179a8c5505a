#include "base/directory.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace lars::base {
namespace {

error failed(const std::string& path) {
  const int why = errno;
  error failure{errc::io_failed, path + ": " + std::strerror(why)};
  errno = why;
  return failure;
}

bool is_directory(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

// The parent directory: "/a" of "/a/b/" and of "/a/b", empty of "a".
std::string above(const std::string& path) {
  const auto last = path.find_last_not_of('/');
  const auto slash = last == std::string::npos ? last : path.rfind('/', last);
  return slash == std::string::npos ? std::string() : path.substr(0, path.find_last_not_of('/', slash) + 1);
}

// Creates one directory. False if it exists already.
result<bool> make_one(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return true;
  const int why = errno;
  if (is_directory(path)) return false;
  errno = why;
  return failed(path);
}

result<void> make_above(const std::string& path) {
  const auto parent = above(path);
  if (parent.empty() || is_directory(parent)) return {};
  if (auto made = make_above(parent); !made) return made;
  const auto made = make_one(parent, 0777);
  return made ? result<void>() : result<void>(made.error());
}

}  // namespace

result<bool> make_directory(const std::string& path) {
  constexpr mode_t owner_and_group = 0750;
  if (path.empty() || is_directory(path)) return false;
  if (auto ready = make_above(path); !ready) return ready.error();
  auto made = make_one(path, owner_and_group);
  if (made && *made && ::chmod(path.c_str(), owner_and_group) != 0) return failed(path);
  return made;
}

}  // namespace lars::base
