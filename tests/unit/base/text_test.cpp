#include "base/text.hpp"

#include <catch2/catch.hpp>

namespace lars::text_test {

using namespace lars::base;
using parts = std::vector<std::string>;

TEST_CASE("text is trimmed only at both ends") {
  CHECK(trimmed(" \t a b\r") == "a b");
  CHECK(trimmed("a") == "a");
  CHECK(trimmed(" \t\r\n\v\f").empty());
  CHECK(trimmed("\n\v\fa\n\v\f") == "a");
  CHECK(trimmed("").empty());
}

TEST_CASE("a list is split at its separator and keeps empty items") {
  CHECK(split_list("a, b ,c") == parts{"a", "b", "c"});
  CHECK(split_list("") == parts{""});
  CHECK(split_list("a,,b,") == parts{"a", "", "b", ""});
  CHECK(split_list("a:b", ':') == parts{"a", "b"});
}

}  // namespace lars::text_test
