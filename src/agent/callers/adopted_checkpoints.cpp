#include "agent/callers/adopted_checkpoints.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "share/caller_counters.hpp"

namespace lars::agent {
namespace {

result<share::descriptor> another(const share::descriptor& of) {
  share::descriptor made(::fcntl(of.get(), F_DUPFD_CLOEXEC, 0));
  if (!made) return {errc::system_error, std::strerror(errno)};
  return made;
}

}  // namespace

result<share::descriptor> adopted_checkpoints::of(int counters) {
  struct stat about {};
  const auto size = share::sealed_size(counters);
  if (!size) return size.error();
  if (::fstat(counters, &about) != 0) return {errc::system_error, std::strerror(errno)};
  const auto found = std::ranges::find(all_, about.st_ino, &adopted::name);
  if (found != all_.end()) return another(found->checkpoint);
  auto made = share::make_checkpoint(*size);
  if (!made) return made.error();
  auto given = another(*made);
  if (!given) return given.error();
  if (all_.size() >= most) all_.pop_front();
  all_.push_back({about.st_ino, *std::move(made)});
  return given;
}

}  // namespace lars::agent
