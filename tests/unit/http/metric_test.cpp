#include "http/metric.hpp"

#include <catch2/catch.hpp>

namespace lars::metric_test {

using namespace lars::http;

TEST_CASE("metrics are written in Prometheus's text format") {
  const std::vector<metric> metrics = {
      counter_metric("lars_a_total", "What a counts.", 7),
      {"lars_b", "What b is.", metric_kind::gauge, {{{{"kind", "x\"y"}}, 1.5}, {{{"kind", "z"}}, -2}}},
      {"lars_c_seconds", "How long c takes.", metric_kind::histogram, {{{}, 0.75, 3, {{0.1, 1}, {0.5, 3}}}}}};
  const std::string text = metrics_text(metrics);
  for (const char* line :
       {"# HELP lars_a_total What a counts.\n", "# TYPE lars_a_total counter\nlars_a_total 7\n",
        "# TYPE lars_b gauge\nlars_b{kind=\"x\\\"y\"} 1.5\nlars_b{kind=\"z\"} -2\n",
        "# TYPE lars_c_seconds histogram\n", "lars_c_seconds_bucket{le=\"0.1\"} 1\n",
        "lars_c_seconds_bucket{le=\"+Inf\"} 3\n", "lars_c_seconds_sum 0.75\n", "lars_c_seconds_count 3\n"}) {
    INFO(line << "\nin\n" << text);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("a counter keeps every digit") {
  CHECK(metrics_text(std::vector{counter_metric("lars_n_total", "n", 123456789012)}).find(" 123456789012\n") !=
        std::string::npos);
}

}  // namespace lars::metric_test
