#include "storage/connect_options.hpp"

#include <catch2/catch.hpp>

namespace lars::connect_options_test {

using namespace lars::storage;

TEST_CASE("values end at a blank unless they are quoted") {
  const auto options = parse_connect_options("  db=a\tuser='b c'  host=d ");
  REQUIRE(options);
  CHECK(*options == connect_options{{"db", "a"}, {"user", "b c"}, {"host", "d"}});
  CHECK(parse_connect_options("")->empty());
}

TEST_CASE("a backslash takes the next character as it is, quoted or not") {
  CHECK(*find_option(*parse_connect_options(R"(password=a\ b\'c\\)"), "password") == R"(a b'c\)");
  CHECK(*find_option(*parse_connect_options(R"(password='a\'b')"), "password") == "a'b");
}

TEST_CASE("text that is no list of pairs is refused") {
  for (const char* text : {"db", "=x", "db =x", "db='open", "db=a'b", "db=a\\", "db=a db=b", "db=a,user=b 1=2"})
    CHECK_FALSE(parse_connect_options(text));
}

TEST_CASE("what is formatted reads back the same, whatever it holds") {
  const connect_options options{{"db", ""}, {"user", "plain"}, {"password", "it's a \\ \"test\" "}, {"host", "=="}};
  const auto again = parse_connect_options(format_connect_options(options));
  REQUIRE(again);
  CHECK(*again == options);
}

TEST_CASE("an option that is not there is not found") { CHECK(find_option({{"db", "x"}}, "user") == nullptr); }

}  // namespace lars::connect_options_test
