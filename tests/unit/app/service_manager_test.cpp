#include "app/service_manager.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

namespace lars::service_manager_test {

using lars::app::service_manager;
using namespace std::chrono_literals;

TEST_CASE("WATCHDOG_PID of another process means no watchdog") {
  const auto interval = [](const std::map<std::string, std::string>& environment) {
    return service_manager(environment).watchdog();
  };
  const std::string ours = std::to_string(::getpid()), other = std::to_string(::getpid() + 1);
  CHECK_FALSE(interval({}));
  CHECK(interval({{"WATCHDOG_USEC", "20000000"}}) == 20s);
  CHECK(interval({{"WATCHDOG_USEC", "20000000"}, {"WATCHDOG_PID", ours}}) == 20s);
  CHECK_FALSE(interval({{"WATCHDOG_USEC", "20000000"}, {"WATCHDOG_PID", other}}));
  for (const std::string wrong : {"", "0", "-1", "20s", "99999999999999999999"})
    CHECK_FALSE(interval({{"WATCHDOG_USEC", wrong}}));
}

TEST_CASE("notifications without a manager or with an invalid address do nothing") {
  const std::string long_name = "/" + std::string(200, 'x');
  for (const std::string& address : {std::string(), std::string("/no/such/socket"), std::string("@"),
                                     std::string("relative"), std::string("vsock:2:1"), long_name}) {
    service_manager manager({{"NOTIFY_SOCKET", address}});
    manager.ready("serving");
    manager.reloading();
    manager.alive();
    manager.retry();
    manager.stopping();
  }
}

}  // namespace lars::service_manager_test
