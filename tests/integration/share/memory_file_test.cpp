#include "share/memory_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "share/caller_counters.hpp"
#include "share/routes_memory.hpp"

namespace lars::memory_file_test {

using namespace lars::share;

TEST_CASE("a memory file holds what was written through any of its mappings") {
  const auto file = make_memory_file("test");
  REQUIRE(file);
  REQUIRE(allocate(file->get(), 0, 8192));
  const auto ours = mapping::of(file->get(), 8192, mapping::access::write);
  const auto theirs = mapping::of(file->get(), 8192, mapping::access::read);
  REQUIRE((ours && theirs));
  ours->data()[4097] = std::byte{7};
  CHECK(theirs->data()[4097] == std::byte{7});
}

TEST_CASE("only a file that can neither shrink nor grow has a size to rely on") {
  auto file = make_memory_file("test");
  REQUIRE(file);
  REQUIRE(allocate(file->get(), 0, 4096));
  CHECK_FALSE(cannot_shrink(file->get()));
  CHECK_FALSE(sealed_size(file->get()));
  REQUIRE(add_seals(file->get(), F_SEAL_SHRINK));
  CHECK(cannot_shrink(file->get()));
  CHECK_FALSE(sealed_size(file->get()));
  REQUIRE(add_seals(file->get(), F_SEAL_GROW));
  CHECK(*sealed_size(file->get()) == 4096);
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  CHECK_FALSE(sealed_size(ends[0]));
  CHECK_FALSE(sealed_size(-1));
  ::close(ends[0]);
  ::close(ends[1]);
}

// Huge pages come from a pool that may be empty: whoever touches such memory then is killed.
TEST_CASE("a file of huge pages is no memory to rely on, sealed or not") {
  const descriptor huge(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB));
  if (!huge) return;  // a kernel without them
  REQUIRE(::ftruncate(huge.get(), 2 << 20) == 0);
  REQUIRE(add_seals(huge.get(), F_SEAL_SHRINK | F_SEAL_GROW));
  CHECK_FALSE(sealed_size(huge.get()));
}

TEST_CASE("whoever is handed the routes can neither write, cut nor grow them, nor keep their owner from using them") {
  constexpr off_t limit = 1 << 20;
  auto memory = routes_memory::create(limit, 1, {});
  REQUIRE(memory);
  const int given = (*memory)->file();
  const auto is_shut = [](int fd) {
    CHECK(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    CHECK(::pwrite(fd, "x", 1, 0) < 0);
    CHECK(::ftruncate(fd, 4096) != 0);
    CHECK(::ftruncate(fd, 2 * limit) != 0);
    CHECK(::fallocate(fd, 0, limit, 4096) != 0);
    CHECK(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) != 0);
    CHECK(::fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 4096) != 0);
    CHECK_FALSE(add_seals(fd, F_SEAL_WRITE));
  };
  is_shut(given);
  CHECK(::fallocate(given, FALLOC_FL_KEEP_SIZE, 0, limit) != 0);
  // The user of the agent, or root, may open it for writing again: nothing but allocating up to the limit comes of it.
  REQUIRE(::fchmod(given, S_IRUSR | S_IWUSR) == 0);
  const descriptor again(::open(("/proc/self/fd/" + std::to_string(given)).c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(again);
  is_shut(again.get());
  CHECK((*memory)->allocate(512 << 10) != 0);
}

TEST_CASE("another user cannot open for writing what was handed to it, nor change its mode") {
  if (::geteuid() != 0) {
    WARN("only root can become another user");
    return;
  }
  auto memory = routes_memory::create(1 << 20, 1, {});
  auto segment = make_segment(first_segment);
  REQUIRE((memory && segment));
  for (const int given : {(*memory)->file(), segment->checkpoint.get()}) {
    const auto child = ::fork();
    if (child == 0) {
      const auto path = "/proc/self/fd/" + std::to_string(given);
      const bool other = ::setgid(65534) == 0 && ::setuid(65534) == 0;
      const bool opened = ::open(path.c_str(), O_RDWR) >= 0 || ::open(path.c_str(), O_WRONLY) >= 0;
      const bool changed = ::fchmod(given, 0666) == 0;
      const bool read = mapping::of(given, 4096, mapping::access::read).operator bool();
      ::_exit(other && !opened && !changed && read ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
}

}  // namespace lars::memory_file_test
