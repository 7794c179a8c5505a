#include "bench/child_task.hpp"

#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <stdexcept>

#include "bench/shared_pages.hpp"

namespace lars::child_task_test {

using namespace lars::bench;

TEST_CASE("a task exits with the value of its function, and its writes to shared pages are visible") {
  const auto pages = shared_pages<int>::make(2);
  REQUIRE(pages);
  const auto task = child_task::start([&] {
    (*pages)[1] = 42;
    return 7;
  });
  REQUIRE(task);
  CHECK((*task)->wait() == 7);
  CHECK((*task)->ended() == 7);
  CHECK((*pages)[0] == 0);
  CHECK((*pages)[1] == 42);
}

TEST_CASE("a function that throws ends its task with 1") {
  const auto task = child_task::start([]() -> int { throw std::runtime_error("no"); });
  REQUIRE(task);
  CHECK((*task)->wait() == 1);
}

TEST_CASE("a task that does not end is killed with its owner") {
  pid_t pid = 0;
  {
    const auto task = child_task::start([] {
      while (true) ::pause();
      return 0;
    });
    REQUIRE(task);
    pid = (*task)->pid();
    CHECK_FALSE((*task)->ended());
  }
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
}

}  // namespace lars::child_task_test
