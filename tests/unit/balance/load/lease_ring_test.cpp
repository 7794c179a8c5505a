#include "balance/load/lease_ring.hpp"

#include <catch2/catch.hpp>
#include <chrono>

namespace lars::lease_ring_test {

using namespace lars::balance;
using namespace std::chrono_literals;
using lars::base::time_point;

namespace {

constexpr lars::base::duration lease = 7s;  // so that a bucket lasts a second

// One host's calls and a clock that the test turns.
struct watched_calls {
  void add(std::uint64_t n) { ring.add(n, now, lease); }
  void end(std::uint64_t n) { ring.end(n, now, lease); }
  std::uint32_t expire() { return ring.expire(now, lease); }

  time_point now{1000s};
  lease_ring ring;
};

}  // namespace

TEST_CASE("calls are under way from their pick to their end") {
  watched_calls host;
  host.add(5);
  host.now += 2s;
  host.add(2);
  CHECK(host.ring.in_flight() == 7);
  host.end(6);
  CHECK(host.ring.in_flight() == 1);
  CHECK(host.expire() == 0);
}

TEST_CASE("a call that is named ends in its own bucket") {
  watched_calls host;
  const auto oldest = host.now;
  host.add(1);
  host.now += 3s;
  const auto youngest = host.now;
  host.add(1);
  CHECK(host.ring.end_begun(youngest, host.now, lease) == 1);
  host.now = oldest + 8s;  // the oldest was left: it expires
  CHECK(host.expire() == 1);
  CHECK(host.ring.in_flight() == 0);
}

TEST_CASE("the late end of a named call ends no young one") {
  watched_calls host;
  const auto began = host.now;
  host.add(1);
  host.now += 8s;
  host.add(1);
  CHECK(host.ring.end_begun(began, host.now, lease) == 0);
  CHECK(host.ring.in_flight() == 1);
  host.end(1);  // the expired one is not waited for any more
  CHECK(host.ring.in_flight() == 0);
  CHECK(host.ring.end_begun(began, host.now + 60s, lease) == 0);
}

TEST_CASE("ends by name and without one add up") {
  watched_calls host;
  host.add(1);
  host.now += 2s;
  const auto named = host.now;
  host.add(1);
  host.end(1);
  host.now += 1s;
  host.add(1);
  CHECK(host.ring.end_begun(named, host.now, lease) == 1);
  CHECK(host.ring.end_begun(named, host.now, lease) == 1);
  CHECK(host.ring.in_flight() == 0);
}

TEST_CASE("more ends than picks leave nothing under way") {
  watched_calls host;
  host.add(2);
  host.end(5);
  CHECK(host.ring.in_flight() == 0);
  host.add(1);
  CHECK(host.ring.in_flight() == 1);
}

TEST_CASE("a call that nobody tells of leaves after one lease, two buckets later at most") {
  watched_calls host;
  host.add(3);
  host.now += 6s;
  CHECK(host.expire() == 0);
  CHECK(host.ring.in_flight() == 3);
  host.now += 3s;
  CHECK(host.expire() == 3);
  CHECK(host.expire() == 0);
  CHECK(host.ring.in_flight() == 0);
}

TEST_CASE("a late end finds its own call among the expired, not another one's") {
  watched_calls host;
  host.add(3);
  host.now += 9s;
  host.add(2);
  REQUIRE(host.expire() == 3);
  host.end(3);
  CHECK(host.ring.in_flight() == 2);
  host.end(1);
  CHECK(host.ring.in_flight() == 1);
}

TEST_CASE("expired calls are forgotten, so that one lost call does not haunt its host") {
  watched_calls host;
  host.add(1);
  host.now += 60s;
  CHECK(host.expire() == 1);
  host.now += 60s;
  host.add(1);
  host.end(1);
  CHECK(host.ring.in_flight() == 0);
}

TEST_CASE("whatever happens, what is under way is picks less ends and expired, and never negative") {
  std::uint64_t state = 3;
  const auto draw = [&state] { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33; };
  watched_calls host;
  std::uint64_t picks = 0;
  std::uint64_t ends = 0;
  for (int i = 0; i < 200000; ++i) {
    host.now += std::chrono::milliseconds(draw() % 300);
    const auto n = draw() % 4;
    if (draw() % 2 == 0) {
      host.add(n);
      picks += n;
    } else if (ends + n <= picks) {
      host.end(n);
      ends += n;
    }
    host.expire();
    REQUIRE(host.ring.in_flight() <= picks - ends);
  }
  host.now += 60s;
  host.expire();
  CHECK(host.ring.in_flight() == 0);
}

// `careless` = takes a ring for empty that still remembers calls that expired: the planted fault.
namespace {

int differences_of_an_empty_ring_left_alone(bool careless) {
  std::uint64_t state = 5;
  const auto draw = [&state] { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33; };
  watched_calls told, spared;
  int found = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto passed = std::chrono::milliseconds(draw() % (draw() % 20 == 0 ? 20000 : 500));
    told.now += passed;
    spared.now += passed;
    const auto begun = draw() % 3;
    const auto ended = draw() % 5 == 0 ? draw() % 3 : begun;
    told.add(begun);
    told.end(ended);
    const bool empty = careless ? spared.ring.in_flight() == 0 : spared.ring.empty();
    if (begun != ended || !empty) {
      spared.add(begun);
      spared.end(ended);
    }
    found += told.expire() == spared.expire() && told.ring.in_flight() == spared.ring.in_flight() ? 0 : 1;
  }
  return found;
}

}  // namespace

TEST_CASE("an empty ring need not be told of as many calls that begin as end") {
  CHECK(differences_of_an_empty_ring_left_alone(false) == 0);
  CHECK(differences_of_an_empty_ring_left_alone(true) > 0);
}

}  // namespace lars::lease_ring_test
