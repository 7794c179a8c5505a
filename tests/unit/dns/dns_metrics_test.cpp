#include "dns/dns_metrics.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lars::dns_metrics_test {

TEST_CASE("what dns counted stands under its own name") {
  dns::session_stats stats;
  dns::watch_stats watch;
  stats.answers = 7;
  stats.pushes = 3;
  stats.hosts = 1'000'000;
  watch.version = 1'795'531'196;
  stats.loaded = true;
  stats.push_seconds.observe(0.003);
  const std::string text = http::metrics_text(dns::dns_metrics(stats, watch, {}));
  for (const std::string line :
       {"lars_dns_answers_total 7", "lars_dns_pushes_total 3", "lars_dns_hosts 1000000",
        "lars_dns_route_version 1795531196", "lars_dns_loaded 1", "lars_dns_storage_up 0",
        "lars_dns_push_latency_seconds_bucket{le=\"0.005\"} 1", "lars_dns_push_latency_seconds_bucket{le=\"0.0025\"} 0",
        "lars_dns_push_latency_seconds_count 1"}) {
    INFO(line);
    CHECK(text.find("\n" + line + "\n") != std::string::npos);
  }
}

TEST_CASE("dns tells how old its routes are, and whether the database is there") {
  storage::freshness routes{std::chrono::milliseconds(200)};
  routes.on_answer(std::chrono::milliseconds(1000));
  routes.on_complete(std::chrono::milliseconds(1000));
  const auto text_at = [&](int ms) {
    return http::metrics_text(
        dns::dns_metrics(dns::session_stats(), dns::watch_stats(), routes.at(std::chrono::milliseconds(ms))));
  };
  CHECK(text_at(1500).find("\nlars_dns_route_age_seconds 0.5\n") != std::string::npos);
  CHECK(text_at(1500).find("\nlars_dns_storage_up 1\n") != std::string::npos);
  CHECK(text_at(73'000).find("\nlars_dns_route_age_seconds 72\n") != std::string::npos);
  CHECK(text_at(73'000).find("\nlars_dns_storage_up 0\n") != std::string::npos);
}

}  // namespace lars::dns_metrics_test
