#include "cli/isolation_watch.hpp"

#include <catch2/catch.hpp>

namespace lars::isolation_watch_test {

using namespace std::chrono_literals;
using lars::endpoint;
using lars::base::time_point;
using lars::cli::isolation_watch;

namespace {

constexpr endpoint one{1, 80};
constexpr endpoint other{2, 80};

time_point at(int ms) { return time_point(std::chrono::milliseconds(ms)); }

}  // namespace

TEST_CASE("before the first snapshot nothing is known; hosts not in a snapshot are not isolated") {
  isolation_watch watch;
  CHECK_FALSE(watch.knows());
  watch.saw({}, at(1));
  CHECK(watch.knows());
  CHECK_FALSE(watch.of(one).isolated);
  CHECK_FALSE(watch.of(one).first_isolated_at);
}

TEST_CASE("a host is isolated from the first snapshot with it to the next one without it") {
  isolation_watch watch;
  watch.saw({}, at(1));
  watch.saw({one}, at(2));
  watch.saw({one, other}, at(3));
  CHECK(watch.of(one).isolated);
  CHECK(watch.of(one).first_isolated_at == at(2));
  CHECK_FALSE(watch.of(one).first_returned_at);
  watch.saw({other}, at(4));
  CHECK_FALSE(watch.of(one).isolated);
  CHECK(watch.of(one).first_returned_at == at(4));
  CHECK(watch.of(other).first_isolated_at == at(3));
  CHECK_FALSE(watch.of(other).first_returned_at);
}

TEST_CASE("the first isolation and the first return are remembered") {
  isolation_watch watch;
  for (int n = 0; n < 3; ++n) {
    watch.saw({one}, at(10 * n));
    watch.saw({}, at(10 * n + 5));
  }
  CHECK(watch.of(one).first_isolated_at == at(0));
  CHECK(watch.of(one).first_returned_at == at(5));
}

}  // namespace lars::isolation_watch_test
