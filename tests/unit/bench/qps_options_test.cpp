#include "bench/qps_options.hpp"

#include <boost/program_options.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace lars::qps_options_test {

using namespace std::chrono_literals;
using namespace lars::bench;
using lars::client::transport;
using words = std::vector<std::string>;

TEST_CASE("without an option for an own agent the running agent is measured") {
  const auto settings = qps_settings_of({"--module", "-3", "4", "--window", "16", "--no-report", "--seconds", "0.5"});
  CHECK(settings.mode == qps_mode::running_agent);
  CHECK(settings.load.modules == std::vector<lars::route_key>{{-3, 4}});
  CHECK(settings.load.window == 16);
  CHECK_FALSE(settings.load.report);
  CHECK(settings.load.lasts == 500ms);
  CHECK(qps_settings_of({}).mode == qps_mode::running_agent);
}

TEST_CASE("options for transports, modules or processes start an own agent") {
  for (const auto& args : {words{"--transport", "shm"}, words{"--modules", "7"}, words{"--hosts", "7"},
                           words{"--processes", "2"}, words{"--marks"}})
    CHECK(qps_settings_of(args).mode == qps_mode::transports);
  CHECK(qps_settings_of({"--compare"}).mode == qps_mode::compare);
  CHECK(qps_settings_of({"--public", "--policy", "rr,p2c"}).mode == qps_mode::interfaces);
  CHECK(qps_settings_of({"--rate", "1000"}).mode == qps_mode::agent_cost);
  CHECK(qps_settings_of({"--callers", "1000"}).mode == qps_mode::callers);
  CHECK(qps_settings_of({"--callers", "1000", "-h"}).mode == qps_mode::help);
  const auto settings =
      qps_settings_of({"--transport", "both", "--modules", "7", "--hosts", "3", "--threads", "2", "--cpu", "1"});
  CHECK(settings.own.transports == std::vector{transport::shared_memory, transport::udp});
  CHECK(settings.own.size.rows() == 21);
  CHECK(settings.own.threads == 2);
  CHECK(settings.own.cpu == 1);
  CHECK(settings.own.policies.empty());
}

TEST_CASE("policies are given by any of their names, several as a list") {
  const auto settings = qps_settings_of({"--policy", "rr,p2c"});
  CHECK(settings.mode == qps_mode::transports);
  CHECK(settings.own.policies == words{"round_robin", "p2c"});
}

TEST_CASE("invalid options and combinations are refused") {
  using refusal = boost::program_options::error;
  for (const auto& args : {words{"--transport", "tcp"},
                           words{"--modules", "0"},
                           words{"--hosts", "1001"},
                           words{"--policy", "rr,p9c"},
                           words{"--policy", "rr,p2c", "--rate", "100"},
                           words{"--policy", "rr,", "--modules", "2"},
                           words{"--processes", "0"},
                           words{"--threads", "257"},
                           words{"--seconds", "nan"},
                           words{"--seconds", "0"},
                           words{"--rate", "0"},
                           words{"--callers", "5000"},
                           words{"--runs", "0"},
                           words{"--module", "1"},
                           words{"--format", "xml"},
                           words{"--transport", "shm", "--window", "4"},
                           words{"--compare", "--module", "1", "1"},
                           words{"--public", "--processes", "2"},
                           words{"--public", "--transport", "udp"},
                           words{"more"}})
    CHECK_THROWS_AS(qps_settings_of(args), refusal);
}

}  // namespace lars::qps_options_test
