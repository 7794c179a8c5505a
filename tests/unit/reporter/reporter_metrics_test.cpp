#include "reporter/reporter_metrics.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lars::reporter_metrics_test {

TEST_CASE("what a reporter counted stands under its own name and label") {
  reporter::reporter_stats stats;
  stats.batches = 10;
  stats.duplicates = 2;
  stats.gaps = 1;
  stats.failures = 4;
  stats.failing = 1;
  stats.held_bytes = 4096;
  const std::string text = http::metrics_text(reporter::reporter_metrics(stats));
  for (const std::string line :
       {"lars_reporter_batches_total{result=\"committed\"} 10", "lars_reporter_batches_total{result=\"duplicate\"} 2",
        "lars_reporter_batches_total{result=\"gap\"} 1", "lars_reporter_batches_total{result=\"refused\"} 0",
        "lars_reporter_flushes_total{outcome=\"failed\"} 4", "lars_reporter_failing_writers 1",
        "lars_reporter_queue_bytes 4096"}) {
    INFO(line);
    CHECK(text.find("\n" + line + "\n") != std::string::npos);
  }
}

}  // namespace lars::reporter_metrics_test
