#include "cli/arguments.hpp"

#include <catch2/catch.hpp>

namespace lars::arguments_test {

using lars::cli::arguments;
using lars::cli::option_spec;

namespace {

const std::vector<option_spec> known{{"weight", "W", "one value"},
                                     {"replace", "M C", "two values"},
                                     {"status", "", "none"},
                                     {"fail", "X=K", "many", true}};

using words = std::vector<std::string>;

}  // namespace

TEST_CASE("negative numbers are positional arguments") {
  const auto parsed = arguments::parse({"-1", "-2147483648", "10.0.0.1:80"}, known);
  REQUIRE(parsed);
  CHECK(parsed->positional() == words{"-1", "-2147483648", "10.0.0.1:80"});
}

TEST_CASE("options may be anywhere among the positional arguments, with a space or an equals sign") {
  const auto parsed = arguments::parse({"1", "--weight", "50", "2", "--fail=a=1", "--fail", "b=2"}, known);
  REQUIRE(parsed);
  CHECK(parsed->positional() == words{"1", "2"});
  CHECK(parsed->value("weight") == "50");
  CHECK(parsed->values("fail") == words{"a=1", "b=2"});
}

TEST_CASE("an option with two values takes exactly two, also negative numbers") {
  const auto parsed = arguments::parse({"--replace", "-1", "-2", "FILE"}, known);
  REQUIRE(parsed);
  CHECK(parsed->values("replace") == words{"-1", "-2"});
  CHECK(parsed->positional() == words{"FILE"});
}

TEST_CASE("a flag takes no value") {
  const auto parsed = arguments::parse({"--status", "x"}, known);
  REQUIRE(parsed);
  CHECK(parsed->has("status"));
  CHECK_FALSE(parsed->has("weight"));
  CHECK(parsed->positional() == words{"x"});
  CHECK_FALSE(arguments::parse({"--status=1"}, known));
}

TEST_CASE("after two dashes everything is positional") {
  const auto parsed = arguments::parse({"--", "--weight", "5"}, known);
  REQUIRE(parsed);
  CHECK(parsed->positional() == words{"--weight", "5"});
}

TEST_CASE("pairs after an option that accepts them belong to it, up to the next option or word") {
  const std::vector<option_spec> options{
      {.name = "health", .values = "NAME=VALUE", .meaning = "", .repeatable = true, .takes_pairs = true},
      {"policy", "NAME", ""}};
  const auto parsed = arguments::parse(
      {"1", "a=1", "--health", "b=2", "c=3", "--policy", "x", "d=4", "--health", "e=5", "6", "f=7"}, options);
  REQUIRE(parsed);
  CHECK(parsed->values("health") == words{"b=2", "c=3", "e=5"});
  CHECK(parsed->value("policy") == "x");
  CHECK(parsed->positional() == words{"1", "a=1", "d=4", "6", "f=7"});
}

TEST_CASE("a lone dash is positional") {
  const auto parsed = arguments::parse({"-"}, known);
  REQUIRE(parsed);
  CHECK(parsed->positional() == words{"-"});
}

TEST_CASE("unknown, shortened, repeated and incomplete options are refused with their name") {
  for (const auto& wrong : {words{"--wrong"}, words{"--weig", "5"}, words{"--weight", "1", "--weight", "2"},
                            words{"--weight"}, words{"--replace", "1"}}) {
    const auto parsed = arguments::parse(wrong, known);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().detail.find(wrong[0].substr(2)) != std::string::npos);
  }
}

}  // namespace lars::arguments_test
