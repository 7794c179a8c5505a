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

result<share::descriptor> duplicate(const share::descriptor& original) {
  share::descriptor copy(::fcntl(original.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return {errc::system_error, std::strerror(errno)};
  return copy;
}

}  // namespace

result<share::descriptor> adopted_checkpoints::checkpoint_of(int counters) {
  struct stat about {};
  const auto size = share::sealed_size(counters);
  if (!size) return size.error();
  if (::fstat(counters, &about) != 0) return {errc::system_error, std::strerror(errno)};
  const auto known = std::ranges::find(all_, about.st_ino, &adopted::inode);
  if (known != all_.end()) return duplicate(known->checkpoint);
  auto created = share::make_checkpoint(*size);
  if (!created) return created.error();
  auto copy = duplicate(*created);
  if (!copy) return copy.error();
  if (all_.size() >= most) all_.pop_front();
  all_.push_back({about.st_ino, *std::move(created)});
  return copy;
}

}  // namespace lars::agent
