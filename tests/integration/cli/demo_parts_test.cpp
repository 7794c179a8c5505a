#include <catch2/catch.hpp>

#include "cli/demo/backend.hpp"
#include "cli/demo/callers.hpp"
#include "fake_agent.hpp"

namespace lars::demo_parts_test {

using namespace std::chrono_literals;
using lars::cli::demo::backend;
using lars::cli::demo::call_host;
using lars::cli::demo::observation;

TEST_CASE("a backend answers, fails on command, and heals") {
  auto server = backend::start();
  REQUIRE(server);
  const auto where = (*server)->where();
  CHECK(call_host(where));
  (*server)->fail(true);
  CHECK_FALSE(call_host(where));
  (*server)->fail(false);
  CHECK(call_host(where));
  server->reset();
  CHECK_FALSE(call_host(where));
}

TEST_CASE("callers call the host they are given and report how it went") {
  auto server = backend::start();
  REQUIRE(server);
  const auto where = (*server)->where();
  test::fake_agent agent([where](auto datagram, int) {
    wire::frame frame;
    wire::parse_datagram(datagram, frame);
    return frame.id == 4 ? std::vector{test::host_answer(test::fake_agent::question(datagram), where)}
                         : std::vector<std::string>{};
  });
  cli::demo::observation_box box;
  std::size_t good = 0, bad = 0;
  {
    const cli::demo::callers running(2, agent.where(), test::module_key, box);
    for (int i = 0; i < 200 && (good < 5 || bad < 5); ++i) {
      std::this_thread::sleep_for(10ms);
      for (const auto& seen : box.take()) {
        good += seen.what == observation::kind::succeeded;
        bad += seen.what == observation::kind::failed;
      }
      if (good >= 5) (*server)->fail(true);
    }
  }
  CHECK(good >= 5);
  CHECK(bad >= 5);
  std::size_t reported_failures = 0;
  for (const auto& datagram : agent.datagrams()) {
    wire::frame frame;
    wire::report_request report;
    if (!wire::parse_datagram(datagram, frame) || frame.id != 6) continue;
    REQUIRE(wire::decode(frame.body, report));
    CHECK(report.where == where);
    reported_failures += report.code != 0;
  }
  CHECK(reported_failures >= 5);
}

}  // namespace lars::demo_parts_test
