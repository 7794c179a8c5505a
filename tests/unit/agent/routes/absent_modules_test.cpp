#include "agent/routes/absent_modules.hpp"

#include <catch2/catch.hpp>
#include <memory>

namespace lars::absent_modules_test {

using namespace lars::agent;
using namespace std::chrono_literals;

namespace {

struct memory {
  base::time_point now{1000s};
  std::unique_ptr<absent_modules> absent = std::make_unique<absent_modules>(now);
};

}  // namespace

TEST_CASE("an absent module is remembered for its lifetime and no longer") {
  memory m;
  CHECK_FALSE(m.absent->contains({1, 1}, m.now));
  m.absent->remember({1, 1}, m.now);
  CHECK(m.absent->contains({1, 1}, m.now));
  CHECK(m.absent->contains({1, 1}, m.now + 1999ms));
  CHECK_FALSE(m.absent->contains({1, 1}, m.now + 2000ms));
}

TEST_CASE("no other module is mistaken for an absent one") {
  memory m;
  for (std::int32_t i = 0; i < 1000; ++i) m.absent->remember({i, -i}, m.now);
  int confused = 0;
  for (std::int32_t i = 0; i < 100000; ++i) confused += m.absent->contains({i, i + 1}, m.now);
  CHECK(confused == 0);
}

TEST_CASE("forgetting a module keeps its neighbours") {
  memory m;
  m.absent->remember({0, 0}, m.now);
  m.absent->remember({2, 2}, m.now);
  m.absent->forget({0, 0});
  m.absent->forget({3, 3});
  CHECK_FALSE(m.absent->contains({0, 0}, m.now));
  CHECK(m.absent->contains({2, 2}, m.now));
}

}  // namespace lars::absent_modules_test
