#include "bench/metrics_page.hpp"

#include <catch2/catch.hpp>

namespace lars::metrics_page_test {

using lars::bench::metrics_page;

namespace {

const metrics_page page(
    "# HELP calls_total Calls.\n"
    "# TYPE calls_total counter\n"
    "calls_total{result=\"success\"} 12345678901\n"
    "calls_total{result=\"failure\"} 2\n"
    "calls_total_more 7\n"
    "gauge 1.5e+03\n"
    "last 9");

}  // namespace

TEST_CASE("series of a metric are summed, all or those of one label") {
  CHECK(page.sum("calls_total") == 12345678903);
  CHECK(page.sum("calls_total", "result=\"failure\"") == 2);
  CHECK(page.sum("calls_total", "result=\"other\"") == 0);
}

TEST_CASE("a prefix of a name does not match, and a last line without a newline counts") {
  CHECK(page.sum("calls") == 0);
  CHECK(page.sum("calls_total_more") == 7);
  CHECK(page.sum("gauge") == 1500);
  CHECK(page.sum("last") == 9);
  CHECK(page.sum("nothing") == 0);
}

}  // namespace lars::metrics_page_test
