#include "bench/figures.hpp"

#include <catch2/catch.hpp>
#include <sstream>

namespace lars::figures_test {

using namespace lars::bench;

namespace {

const figure_row row{{"name", std::string("bare \"echo\"")}, {"calls", std::int64_t{12}}, {"p50_us", 5.4}};

}  // namespace

TEST_CASE("JSON has numbers with two digits after the point") {
  std::ostringstream out;
  print_json(row, out);
  CHECK(out.str() == "{\"name\":\"bare \\\"echo\\\"\",\"calls\":12,\"p50_us\":5.40}\n");
}

TEST_CASE("several rows are an array, no rows an empty array") {
  std::ostringstream out;
  print_json(std::vector{row, row}, out);
  CHECK(out.str().find("[\n{") == 0);
  CHECK(out.str().find("},\n{") != std::string::npos);
  out.str("");
  print_json(std::vector<figure_row>(), out);
  CHECK(out.str() == "[]\n");
}

TEST_CASE("a table names its columns once and aligns values to the right") {
  std::ostringstream out;
  print_table({{{"threads", std::int64_t{1}}, {"calls_per_second", 1234.5}},
               {{"threads", std::int64_t{10}}, {"calls_per_second", 7.0}}},
              out);
  CHECK(out.str() ==
        "threads  calls_per_second\n"
        "      1           1234.50\n"
        "     10              7.00\n");
}

TEST_CASE("columns have a line a figure and a column a row") {
  std::ostringstream out;
  print_columns(
      {{{"transport", std::string("shm")}, {"p50_ns", 60.0}}, {{"transport", std::string("udp")}, {"p50_ns", 16000.0}}},
      out);
  CHECK(out.str() ==
        "transport       shm       udp\n"
        "p50_ns        60.00  16000.00\n");
}

}  // namespace lars::figures_test
