#include "storage/migrate/sql_script.hpp"

#include <catch2/catch.hpp>

namespace lars::sql_script_test {

using lars::storage::split_sql;
using list = std::vector<std::string>;

TEST_CASE("a script is cut at its semicolons and blanks around statements go") {
  CHECK(split_sql("a;\n b c ;\n") == list{"a", "b c"});
  CHECK(split_sql("a; b") == list{"a", "b"});
  CHECK(split_sql(" ;; \n;").empty());
  CHECK(split_sql("").empty());
}

TEST_CASE("comments are left out, wherever they stand and whatever they hold") {
  CHECK(split_sql("-- it's; a comment\na -- b; c\n, d;\n-- last") == list{"a \n, d"});
}

TEST_CASE("semicolons and dashes inside quotes are text") {
  CHECK(split_sql("a ';--' b; c \"x;\" `y;`; 'it''s; one'") == list{"a ';--' b", "c \"x;\" `y;`", "'it''s; one'"});
}

}  // namespace lars::sql_script_test
