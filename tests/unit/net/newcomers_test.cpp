#include "net/newcomers.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace lars::newcomers_test {

using namespace lars::net;
using namespace std::chrono_literals;
using lars::base::time_point;

namespace {

struct stranger {
  bool spoke = false;
  bool proven() const { return spoke; }
};

const time_point start = time_point() + 1h;

}  // namespace

TEST_CASE("the connection that is silent longest is evicted, after the grace period") {
  newcomers<stranger> list;
  const auto first = std::make_shared<stranger>(), second = std::make_shared<stranger>();
  list.add(first, start);
  list.add(second, start + 200ms);
  CHECK(list.take_oldest(start + 999ms) == nullptr);
  CHECK(list.take_oldest(start + 1s) == first);
  CHECK(list.take_oldest(start + 1s) == nullptr);
  CHECK(list.take_oldest(start + 2s) == second);
  CHECK(list.take_oldest(start + 1h) == nullptr);
}

TEST_CASE("proven and closed connections are never evicted") {
  newcomers<stranger> list;
  const auto honest = std::make_shared<stranger>(), silent = std::make_shared<stranger>();
  list.add(honest, start);
  list.add(std::make_shared<stranger>(), start);
  list.add(silent, start);
  honest->spoke = true;
  CHECK(list.take_oldest(start + 2s) == silent);
  CHECK(list.take_oldest(start + 2s) == nullptr);
}

TEST_CASE("short connections behind a silent one do not make the list grow") {
  newcomers<stranger> list;
  const auto silent = std::make_shared<stranger>();
  list.add(silent, start);
  for (int i = 0; i < 100'000; ++i) list.add(std::make_shared<stranger>(), start);
  CHECK(list.size() < 200);
  CHECK(list.take_oldest(start + 2s) == silent);
}

}  // namespace lars::newcomers_test
