#include "share/memory_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "share/caller_counters.hpp"
#include "share/routes_memory.hpp"

using namespace lars;
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

TEST_CASE("whoever is handed the routes can neither write nor cut them, nor keep their owner from growing them") {
  auto memory = routes_memory::create(1 << 20, 1, {});
  REQUIRE(memory);
  const int given = ::dup((*memory)->file());
  CHECK(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, given, 0) == MAP_FAILED);
  CHECK(::pwrite(given, "x", 1, 0) < 0);
  CHECK(::ftruncate(given, 4096) != 0);
  CHECK(::fallocate(given, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) != 0);
  CHECK_FALSE(add_seals(given, F_SEAL_GROW));
  ::close(given);
  CHECK((*memory)->allocate(512 << 10) != 0);
}
