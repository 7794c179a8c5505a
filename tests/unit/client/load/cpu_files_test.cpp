#include "client/load/cpu_files.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lars::cpu_files_test {

using namespace lars::client;

TEST_CASE("a group's time is read in both versions") {
  CHECK(group_usage_v2("usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n") == 1.5);
  CHECK(group_usage_v2("user_usec 1\nusage_usec 2000000\n") == 2.0);
  CHECK(group_usage_v1("1500000000\n") == 1.5);
  for (const std::string text : {"", "\n", "user_usec 1\n", "usage_usec\n", "usage_usec x\n", "usage_usec -1\n",
                                 "usage_usec 99999999999999999999999\n"}) {
    INFO(text);
    CHECK_FALSE(group_usage_v2(text));
    CHECK_FALSE(group_usage_v1(text));
  }
}

TEST_CASE("a group's limit is a number of processors, where it has one") {
  CHECK(group_limit_v2("150000 100000\n") == 1.5);
  CHECK(group_limit_v1("50000\n", "100000\n") == 0.5);
  for (const std::string text : {"max 100000\n", "", "100000\n", "100000 0\n", "0 100000\n", "x y\n", "-1 100000\n"}) {
    INFO(text);
    CHECK_FALSE(group_limit_v2(text));
  }
  CHECK_FALSE(group_limit_v1("-1\n", "100000\n"));
  CHECK_FALSE(group_limit_v1("50000\n", ""));
}

TEST_CASE("the machine's time counts waiting as idle and guests once") {
  //                              user nice system idle iowait irq softirq steal guest guest_nice
  const auto time = host_time_of("cpu  100 10 50 800 30 1 2 7 90 9\ncpu0 50 5 25 400 15 0 1 3 45 4\n");
  REQUIRE(time);
  CHECK(time->used == 170);
  CHECK(time->room == 1000);
  CHECK(host_time_of("cpu 1 2 3 4\n")->room == 10);
  for (const std::string text : {"", "cpu\n", "cpu0 1 2 3 4 5\n", "cpu 1 2 3\n", "cpu 1 2 x 4\n", "intr 1 2 3 4\n"}) {
    INFO(text);
    CHECK_FALSE(host_time_of(text));
  }
}

TEST_CASE("a process's group is found by its controller") {
  const std::string both = "12:cpuset:/set\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/init\n0::/user.slice/it\n";
  CHECK(group_of(both, "") == "/user.slice/it");
  CHECK(group_of(both, "cpu") == "/docker/abc");
  CHECK(group_of(both, "cpuacct") == "/docker/abc");
  CHECK_FALSE(group_of(both, "memory"));
  CHECK_FALSE(group_of("12:cpuset:/set\n", ""));
  for (const std::string text : {"", "0::", "0::\n", "0::relative\n", "0::/../../other\n", "0", "::::"}) {
    INFO(text);
    CHECK_FALSE(group_of(text, ""));
  }
}

}  // namespace lars::cpu_files_test
