#include "share/memory_file.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace lars::share {
namespace {

constexpr mode_t owner_reads = S_IRUSR;

descriptor reopen(int fd, int how) {
  return descriptor(::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), how | O_CLOEXEC));
}

}  // namespace

// Clears the member first: a fork's child may copy this object while another thread of its parent is here, and would
// release a second time what could be its own by then.
void descriptor::reset() {
  if (const int fd = std::exchange(fd_, -1); fd >= 0) ::close(fd);
}

void mapping::reset() {
  if (void* const start = std::exchange(start_, nullptr); start != nullptr) ::munmap(start, size_);
}

result<mapping> mapping::of(int fd, std::uint64_t size, access how) {
  const int protection = how == access::write ? PROT_READ | PROT_WRITE : PROT_READ;
  void* const start = ::mmap(nullptr, size, protection, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (start == MAP_FAILED) return {errc::system_error, std::string("map: ") + std::strerror(errno)};
  mapping made;
  made.start_ = start;
  made.size_ = size;
  return made;
}

result<descriptor> make_memory_file(const char* name) {
  descriptor made(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!made) return {errc::system_error, std::string("memory file: ") + std::strerror(errno)};
  return made;
}

bool allocate(int fd, std::uint64_t from, std::uint64_t size) {
  int code = 0;
  do code = ::posix_fallocate(fd, static_cast<off_t>(from), static_cast<off_t>(size));
  while (code == EINTR);
  return code == 0;
}

bool resize(int fd, std::uint64_t size) { return ::ftruncate(fd, static_cast<off_t>(size)) == 0; }

result<descriptor> read_only(int fd) {
  descriptor made;
  if (::fchmod(fd, owner_reads) == 0) made = reopen(fd, O_RDONLY);
  if (!made) return {errc::system_error, std::string("read-only memory file: ") + std::strerror(errno)};
  return made;
}

result<descriptor> writable_again(int fd) {
  struct stat about {};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_uid != ::geteuid() ||
      (about.st_mode & 07777) != owner_reads)
    return {errc::bad_message, "a file that is not this agent's own"};
  // Only the owner may change the mode and reopen the file; root needs no mode.
  descriptor made;
  if (::fchmod(fd, owner_reads | S_IWUSR) == 0) made = reopen(fd, O_RDWR);
  if (::fchmod(fd, owner_reads) != 0) made.reset();
  if (!made) return {errc::bad_message, std::string("a file that cannot be written: ") + std::strerror(errno)};
  return made;
}

bool add_seals(int fd, int seals) { return ::fcntl(fd, F_ADD_SEALS, seals) == 0; }

bool cannot_shrink(int fd) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}

result<std::uint64_t> sealed_size(int fd) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  constexpr int both = F_SEAL_SHRINK | F_SEAL_GROW;
  if (seals < 0 || (seals & both) != both) return {errc::bad_message, "a file that is not sealed"};
  // Huge pages can be sealed too, but their pool may be empty when they are touched.
  struct statfs kind {};
  if (::fstatfs(fd, &kind) != 0 || kind.f_type != TMPFS_MAGIC) return {errc::bad_message, "a file of strange pages"};
  struct stat about {};
  if (::fstat(fd, &about) != 0 || about.st_size < 0) return {errc::bad_message, std::strerror(errno)};
  return static_cast<std::uint64_t>(about.st_size);
}

}  // namespace lars::share
