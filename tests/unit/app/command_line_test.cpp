#include "app/command_line.hpp"

#include <catch2/catch.hpp>

namespace lars::command_line_test {

using namespace lars::app;
using words = std::vector<std::string>;

TEST_CASE("--role, --config and --set accept both spellings; --set keeps its order") {
  const auto line = parse_command_line({"--role=dns", "--config", "x.conf", "--set", "a.b=1", "--set=a.b=2"});
  REQUIRE(line);
  CHECK(line->command.empty());
  CHECK(line->role == "dns");
  CHECK(line->config == "x.conf");
  CHECK(line->sets == words{"a.b=1", "a.b=2"});
}

TEST_CASE("a command gets its own arguments in order, wherever --config and --set are") {
  const auto line = parse_command_line({"route", "--config=x.conf", "set", "-1", "2", "10.0.0.1:80", "--weight", "5",
                                        "--set", "state.dir=/tmp", "--format=json", "-3"});
  REQUIRE(line);
  CHECK(line->command == "route");
  CHECK(line->config == "x.conf");
  CHECK(line->sets == words{"state.dir=/tmp"});
  CHECK(line->rest == words{"set", "-1", "2", "10.0.0.1:80", "--weight", "5", "--format=json", "-3"});
}

TEST_CASE("arguments after a lone -- are passed to the command unchanged") {
  const auto line = parse_command_line({"route", "list", "--", "--config", "x"});
  REQUIRE(line);
  CHECK_FALSE(line->config);
  CHECK(line->rest == words{"list", "--", "--config", "x"});
}

TEST_CASE("--role is only for roles and check-config") {
  CHECK(parse_command_line({"check-config", "--role=agent"})->role == "agent");
  CHECK(parse_command_line({"route", "--role=agent"})->rest == words{"--role=agent"});
}

TEST_CASE("flags that are unknown, incomplete or repeated are refused") {
  for (const words& args : {words{"--rolle=dns"}, words{"--conf=x", "--role=dns"}, words{"--role"}, words{"-v"},
                            words{"--role=dns", "--role=agent"}, words{"--config=a", "--config=b"}, words{"--set"},
                            words{"--role=dns", "extra"}}) {
    INFO(args.front());
    CHECK_FALSE(parse_command_line(args));
  }
}

TEST_CASE("--help and --version are found, --help also among the arguments of a command") {
  CHECK(parse_command_line({"--help"})->help);
  CHECK(parse_command_line({"--version"})->version);
  const auto line = parse_command_line({"route", "add", "--help"});
  CHECK(line->help);
  CHECK(line->rest == words{"add", "--help"});
}

}  // namespace lars::command_line_test
