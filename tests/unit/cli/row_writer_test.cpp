#include "cli/row_writer.hpp"

#include <catch2/catch.hpp>
#include <sstream>

namespace lars::row_writer_test {

using namespace lars::cli;

namespace {

const std::vector<std::string> columns{"ip", "calls", "ms"};

std::string written(row_format format, const std::vector<std::vector<cell>>& rows) {
  std::ostringstream out;
  row_writer writer(format, columns, out);
  for (const auto& row : rows) writer.add(row);
  writer.finish();
  return out.str();
}

const std::vector<std::vector<cell>> two_rows{{std::string("10.0.0.1"), std::int64_t{12}, {}},
                                              {std::string("ü,\""), std::int64_t{-3}, 1.5}};

}  // namespace

TEST_CASE("named values are an object in JSON and NAME=VALUE words otherwise") {
  const cell values = named_values{{"tau", "1s"}, {"choices", "3"}};
  std::ostringstream json, csv;
  row_writer as_json(row_format::json, {"a"}, json), as_csv(row_format::csv, {"a"}, csv);
  as_json.add({values});
  as_csv.add({values});
  as_json.finish();
  as_csv.finish();
  CHECK(json.str() == "[\n{\"a\":{\"choices\":\"3\",\"tau\":\"1s\"}}\n]\n");
  CHECK(csv.str() == "a\nchoices=3 tau=1s\n");
}

TEST_CASE("a table has aligned columns and no trailing spaces") {
  CHECK(written(row_format::table, two_rows) ==
        "ip        calls  ms\n"
        "10.0.0.1  12\n"
        "ü,\"       -3     1.5\n");
}

TEST_CASE("JSON has numbers as numbers and null for nothing") {
  CHECK(written(row_format::json, two_rows) ==
        "[\n{\"ip\":\"10.0.0.1\",\"calls\":12,\"ms\":null},\n{\"ip\":\"ü,\\\"\",\"calls\":-3,\"ms\":1.5}\n]\n");
}

TEST_CASE("CSV has a header and quotes what needs it") {
  CHECK(written(row_format::csv, two_rows) == "ip,calls,ms\n10.0.0.1,12,\n\"ü,\"\"\",-3,1.5\n");
}

TEST_CASE("no rows are an empty array, a lone header, an empty table") {
  CHECK(written(row_format::json, {}) == "[]\n");
  CHECK(written(row_format::csv, {}) == "ip,calls,ms\n");
  CHECK(written(row_format::table, {}) == "ip  calls  ms\n");
}

TEST_CASE("invalid UTF-8 and control characters are escaped in every format") {
  const std::vector<std::vector<cell>> row{
      {std::string("\x1b[31mM\xFC\xC2\x9B\x7F\n"), named_values{{"a", "\x1b"}}, {}}};
  CHECK(written(row_format::csv, row) == "ip,calls,ms\n\\x1b[31mM\\xfc\\xc2\\x9b\\x7f\\x0a,a=\\x1b,\n");
  CHECK(written(row_format::table, row).find("\\x1b[31mM\\xfc\\xc2\\x9b\\x7f\\x0a  a=\\x1b\n") != std::string::npos);
  CHECK(written(row_format::json, row) ==
        "[\n{\"ip\":\"\\u001b[31mM\\\\xfc\\u009b\\u007f\\n\",\"calls\":{\"a\":\"\\u001b\"},\"ms\":null}\n]\n");
  CHECK(shown_json("{\n\t\"a\":\"\xC2\x9B\xC3\xBC\"}") == "{\n\t\"a\":\"\\u009b\xC3\xBC\"}");
}

TEST_CASE("a single object is one line") {
  std::ostringstream out;
  write_json_object(columns, two_rows[0], out);
  CHECK(out.str() == "{\"ip\":\"10.0.0.1\",\"calls\":12,\"ms\":null}\n");
}

TEST_CASE("formats have three names") {
  CHECK(*parse_format("table") == row_format::table);
  CHECK(*parse_format("json") == row_format::json);
  CHECK(*parse_format("csv") == row_format::csv);
  CHECK_FALSE(parse_format("xml"));
}

}  // namespace lars::row_writer_test
