#include "share/segment_files.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "share/counters_format.hpp"

namespace lars::segment_files_test {

using namespace lars::share;

namespace {

struct stat about(const descriptor& file) {
  struct stat found {};
  REQUIRE(::fstat(file.get(), &found) == 0);
  return found;
}

// Lets this process open no more files until it is destroyed.
class no_more_descriptors {
public:
  no_more_descriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit none{0, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~no_more_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a segment's files have the sizes that the format says, and keep them") {
  const auto made = make_segment(first_segment);
  REQUIRE(made);
  CHECK(sealed_size(made->counters.get()).value() == first_segment);
  CHECK(sealed_size(made->checkpoint.get()).value() == checkpoint_bytes(first_segment));
  CHECK(::ftruncate(made->counters.get(), 0) != 0);
  CHECK(::ftruncate(made->checkpoint.get(), 0) != 0);
}

TEST_CASE("counters are allocated, checkpoints grow as they are written") {
  const auto made = make_segment(first_segment);
  REQUIRE(made);
  CHECK(static_cast<std::uint64_t>(about(made->counters).st_blocks) * 512 == first_segment);
  CHECK(about(made->checkpoint).st_blocks == 0);
}

TEST_CASE("a checkpoint that is handed out cannot be written") {
  const auto checkpoint = make_checkpoint(first_segment);
  REQUIRE(checkpoint);
  CHECK(::pwrite(checkpoint->get(), "x", 1, 0) < 0);
  CHECK((about(*checkpoint).st_mode & 07777) == S_IRUSR);
}

TEST_CASE("where no file can be opened there is an error and nothing else") {
  const no_more_descriptors limit;
  const auto segment = make_segment(first_segment);
  const auto checkpoint = make_checkpoint(first_segment);
  CHECK(segment.error().code == errc::system_error);
  CHECK(checkpoint.error().code == errc::system_error);
}

}  // namespace lars::segment_files_test
