#include "net/thread_wait.hpp"

#include <catch2/catch.hpp>

#include "net/timer.hpp"
#include "support/simulated_loop.hpp"

namespace lars::net::thread_wait_test {

using namespace std::chrono_literals;

TEST_CASE("a thread that waits in virtual time runs the loop until the condition holds") {
  test::simulated_loop loop;
  bool over = false;
  timer late(loop.context, 1min);
  late.async_wait([&](boost::system::error_code) { over = true; });
  const auto start = base::clock::now();

  CHECK(wait_until(start + 1h, [&] { return over; }));

  CHECK(base::clock::now() - start >= 1min);
  CHECK(base::clock::now() - start <= 1min + 2ms);
}

TEST_CASE("a thread that waits in vain ends at the deadline") {
  test::simulated_loop loop;
  const auto deadline = base::clock::now() + 1s;
  CHECK_FALSE(wait_until(deadline, [] { return false; }));
  CHECK(base::clock::now() == deadline);
}

}  // namespace lars::net::thread_wait_test
