#include "agent/link/server_choice.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>

namespace lars::server_choice_test {

using namespace lars::agent;
using namespace std::chrono_literals;

namespace {

constexpr base::backoff_config backoff{50ms, 1000ms};
const endpoint a{1, 7778};
const endpoint b{2, 7778};
const endpoint c{3, 7778};

}  // namespace

TEST_CASE("the order of servers does not depend on the order of the configuration") {
  const server_choice one({a, b, c}, "host/1", backoff);
  const server_choice other({c, a, b, a}, "host/1", backoff);
  CHECK(one.order() == other.order());
  CHECK(one.order().size() == 3);
}

TEST_CASE("agents spread over servers, and a removed server moves only its own") {
  std::map<endpoint, int> first;
  int moved = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto name = "host" + std::to_string(i);
    const auto all = server_choice({a, b, c}, name, backoff).order();
    const auto without_c = server_choice({a, b}, name, backoff).order();
    ++first[all[0]];
    if (all[0] != c && all[0] != without_c[0]) ++moved;
  }
  for (const auto& [server, count] : first) CHECK(std::abs(count - 1000) < 150);
  CHECK(moved == 0);
}

TEST_CASE("conversation: each server once without a wait, then rounds that wait ever longer") {
  server_choice choice({a, b}, "x", backoff);
  const auto order = choice.order();
  std::vector<std::int64_t> waits;
  for (std::size_t i = 0; i < 16; ++i) {
    const auto attempt = choice.next(~std::uint64_t{0});
    CHECK(attempt.where == order[i % 2]);
    CHECK(attempt.alternatives);
    CHECK(attempt.settle == (i >= 2));
    if (i % 2 == 1 || i == 0) CHECK(attempt.wait == 0ms);
    if (i > 0 && i % 2 == 0) waits.push_back(attempt.wait.count());
    choice.ended(false);
  }
  CHECK(std::is_sorted(waits.begin(), waits.end()));
  CHECK(waits.front() <= 50);
  CHECK(waits.front() >= 25);
  CHECK(waits.back() <= 1000);
  CHECK(waits.back() >= 500);
}

TEST_CASE("conversation: after a server that served, the next is tried at once and waits start small again") {
  server_choice choice({a, b}, "x", backoff);
  for (int i = 0; i < 9; ++i) {
    choice.next(0);
    choice.ended(false);
  }
  choice.next(0);
  choice.ended(true);
  CHECK(choice.next(0).wait == 0ms);
  choice.ended(false);
  CHECK(choice.next(0).wait == 0ms);
  choice.ended(false);
  CHECK(choice.next(0).wait <= 50ms);
}

TEST_CASE("conversation: a server that is named is tried next, at once, and then those after it") {
  server_choice choice({a, b, c}, "x", backoff);
  const auto order = choice.order();
  for (int i = 0; i < 9; ++i) {
    choice.next(0);
    choice.ended(false);
  }
  choice.go_to(order[2]);
  CHECK(choice.next(0).where == order[2]);
  CHECK(choice.next(0).wait == 0ms);
  choice.ended(false);
  CHECK(choice.next(0).where == order[0]);
  choice.go_to({9, 9});
  CHECK(choice.next(0).where == order[0]);
}

TEST_CASE("conversation: the only server is tried again at once when it served, else after a wait") {
  server_choice choice({a}, "x", backoff);
  CHECK_FALSE(choice.next(0).alternatives);
  choice.ended(true);
  CHECK(choice.next(0).wait == 0ms);
  choice.ended(false);
  CHECK(choice.next(0).wait >= 25ms);
}

}  // namespace lars::server_choice_test
