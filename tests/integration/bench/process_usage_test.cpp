#include "bench/process_usage.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

namespace lars::process_usage_test {

using namespace lars::bench;

TEST_CASE("memory of this process grows with what it writes, and a mapped file is found by its name") {
  const auto before = memory_of(::getpid());
  CHECK(before.anonymous > 0);
  std::vector<char> more(32u << 20);
  std::memset(more.data(), 1, more.size());
  CHECK(memory_of(::getpid()).anonymous >= before.anonymous + (24u << 20));
  CHECK(mapped_files_of(::getpid(), "/integration_bench") > 0);
  CHECK(mapped_files_of(::getpid(), "/no-such-file-is-mapped") == 0);
}

TEST_CASE("an unknown process has no usage and cannot be bound") {
  constexpr pid_t nobody = 1 << 28;  // beyond what the kernel gives
  CHECK(memory_of(nobody).anonymous == 0);
  CHECK_FALSE(cpu_time_of(nobody));
  CHECK_FALSE(bind_process(nobody, {0}));
}

}  // namespace lars::process_usage_test
