#include "balance/health/module_health.hpp"

#include <catch2/catch.hpp>

namespace lars::module_health_test {

using namespace lars::balance;
using namespace std::chrono_literals;
using lars::host_state;
using lars::base::time_point;

namespace {

const time_point now{1000s};

bool is(const population& hosts, std::uint32_t idle, std::uint32_t overloaded) {
  return hosts.idle == idle && hosts.ejected == overloaded;
}

}  // namespace

TEST_CASE("a window is judged by the configuration in use") {
  const health_config usual;
  const health_config strict{.contin_err_limit = 3};
  module_health health(usual);
  auto window = health.open_window(now);
  CHECK(health.record(window, {0, 3, 3}, now) == std::nullopt);
  health.use(strict);
  CHECK(health.record(window, outcome::failure, now) == verdict::ejected);
}

TEST_CASE("hosts that take calls are counted by verdict") {
  const health_config config;
  module_health health(config);
  health.count({1, 100, host_state::up, verdict::idle});
  health.count({2, 100, host_state::up, verdict::idle});
  health.count({3, 100, host_state::up, verdict::ejected});
  health.count({4, 100, host_state::drain, verdict::idle});
  health.count({5, 0, host_state::up, verdict::ejected});
  CHECK(is(health.hosts(), 2, 1));
  health.clear_count();
  CHECK(is(health.hosts(), 0, 0));
}

TEST_CASE("a changed verdict moves a host from one count to the other") {
  const health_config config;
  module_health health(config);
  for (int i = 0; i < 3; ++i) health.count({1, 100, host_state::up, verdict::idle});
  health.count_change(verdict::ejected);
  CHECK(is(health.hosts(), 2, 1));
  health.count_change(verdict::idle);
  CHECK(is(health.hosts(), 3, 0));
}

}  // namespace lars::module_health_test
