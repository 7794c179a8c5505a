#include "agent/routes/pull_queue.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace lars::pull_queue_test {

using namespace lars::agent;
using namespace std::chrono_literals;

namespace {

struct queue {
  explicit queue(std::size_t limit = 100) : pulls(limit) {}
  void want(std::int32_t module) { pulls.request({module, 0}, now); }
  std::vector<std::int32_t> take_all() {
    std::vector<std::int32_t> all;
    while (const auto key = pulls.next()) all.push_back(key->modid);
    return all;
  }
  base::time_point now{1000s};
  pull_queue pulls;
};

using modules = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("a module is requested from dns once, however often callers ask") {
  queue q;
  for (int i = 0; i < 3; ++i) q.want(1);
  q.want(2);
  CHECK(q.take_all() == modules{1, 2});
  q.want(1);
  CHECK(q.take_all().empty());
}

TEST_CASE("answered() returns whether the module was pending, and it can be requested again") {
  queue q;
  q.want(1);
  q.take_all();
  CHECK(q.pulls.answered({1, 0}));
  CHECK_FALSE(q.pulls.answered({1, 0}));
  q.want(1);
  CHECK(q.take_all() == modules{1});
}

TEST_CASE("a push removes the module from the queue") {
  queue q;
  q.want(1);
  q.want(2);
  CHECK(q.pulls.answered({1, 0}));
  CHECK(q.take_all() == modules{2});
}

TEST_CASE("over a new connection known modules go first and unanswered requests are repeated") {
  queue q;
  q.want(1);
  q.want(2);
  q.take_all();
  q.pulls.answered({1, 0});
  q.want(3);
  q.pulls.restart({{8, 0}, {9, 0}});
  CHECK(q.take_all() == modules{8, 9, 2, 3});
}

TEST_CASE("unsent refreshes of an old connection are not duplicated over the new one") {
  queue q;
  q.pulls.refresh({8, 0});
  q.pulls.restart({{8, 0}});
  CHECK(q.take_all() == modules{8});
}

TEST_CASE("the queue is bounded, and has room again after answers") {
  queue q(2);
  for (std::int32_t i = 1; i <= 5; ++i) q.want(i);
  CHECK(q.take_all() == modules{1, 2});
  q.pulls.answered({1, 0});
  q.want(4);
  CHECK(q.take_all() == modules{4});
}

TEST_CASE("expired requests are dropped, sent or not") {
  queue q;
  q.want(1);
  q.pulls.next();
  q.want(2);
  q.now += 5s;
  q.want(3);
  q.pulls.expire(q.now - 4s);
  CHECK(q.pulls.pending() == 1);
  CHECK(q.pulls.is_pending({3, 0}));
  CHECK_FALSE(q.pulls.is_pending({1, 0}));
  CHECK(q.take_all() == modules{3});
  CHECK_FALSE(q.pulls.answered({1, 0}));
  q.pulls.expire(q.now + 1s);
  q.want(4);
  CHECK(q.take_all() == modules{4});
}

}  // namespace lars::pull_queue_test
