#include "base/text.hpp"

#include <catch2/catch.hpp>

using namespace lars::base;
using parts = std::vector<std::string>;

TEST_CASE("text is trimmed at both ends alone") {
  CHECK(trimmed(" \t a b\r") == "a b");
  CHECK(trimmed("a") == "a");
  CHECK(trimmed(" \t\r").empty());
  CHECK(trimmed("").empty());
}

TEST_CASE("a list is split at its separator, and empty parts stay") {
  CHECK(split_list("a, b ,c") == parts{"a", "b", "c"});
  CHECK(split_list("") == parts{""});
  CHECK(split_list("a,,b,") == parts{"a", "", "b", ""});
  CHECK(split_list("a:b", ':') == parts{"a", "b"});
}
