#include "base/text_table.hpp"

#include <catch2/catch.hpp>

namespace lars::text_table_test {

using base::aligned;
using base::alignment;
using words = std::vector<std::string>;

TEST_CASE("columns are as wide as their widest text, counted in code points") {
  const std::vector<words> rows{{"zone", "hosts"}, {"M\xC3\xBCnchen", "1"}};
  CHECK(aligned(rows, alignment::left) == words{"zone     hosts", "M\xC3\xBCnchen  1"});
  CHECK(aligned(rows, alignment::right) == words{"   zone  hosts", "M\xC3\xBCnchen      1"});
}

TEST_CASE("a line has no blanks at its end, and no rows have no lines") {
  CHECK(aligned(std::vector<words>{{"a", ""}, {"", "b"}}, alignment::left) == words{"a", "   b"});
  CHECK(aligned({}, alignment::left).empty());
}

}  // namespace lars::text_table_test
