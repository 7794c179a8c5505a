#include "base/json_writer.hpp"

#include <catch2/catch.hpp>
#include <limits>

namespace lars::json_writer_test {

using namespace lars::base;

TEST_CASE("text is quoted, and what would end or break it is escaped") {
  CHECK(json_text("") == "\"\"");
  CHECK(json_text("M\xC3\xBCnchen \"a\"\\\n\x01") == "\"M\xC3\xBCnchen \\\"a\\\"\\\\\\n\\u0001\"");
}

TEST_CASE("numbers are the shortest that read back as the same, and finite") {
  CHECK(json_number(1) == "1");
  CHECK(json_number(5.4) == "5.4");
  CHECK(json_number(std::numeric_limits<double>::infinity()) == "null");
  CHECK(json_number(std::numeric_limits<double>::quiet_NaN()) == "null");
}

TEST_CASE("an object has its members in the order in which they were put") {
  json_object object;
  CHECK(object.text() == "{}");
  object.put("text", "a");
  object.put("yes", true);
  object.put("below", std::int64_t{-1});
  object.put("above", std::numeric_limits<std::uint64_t>::max());
  object.put("half", 0.5);
  object.put("none", std::optional<double>());
  object.put("some", std::optional(2.0));
  object.put_json("more", json_object().text());
  CHECK(object.text() ==
        "{\"text\":\"a\",\"yes\":true,\"below\":-1,\"above\":18446744073709551615,\"half\":0.5,\"none\":null,"
        "\"some\":2,\"more\":{}}");
}

TEST_CASE("an array has its values in their order") {
  json_array array;
  CHECK(array.text() == "[]");
  array.add_json("1");
  array.add_json(json_text("b"));
  CHECK(array.text() == "[1,\"b\"]");
}

}  // namespace lars::json_writer_test
