#include "dns/dns_metrics.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace lars;

TEST_CASE("what dns counted stands under its own name") {
  dns::dns_probe probe;
  probe.answers = 7;
  probe.pushes = 3;
  probe.hosts = 1'000'000;
  probe.version = 1'795'531'196;
  probe.loaded = true;
  probe.push_seconds.observe(0.003);
  const std::string text = http::metrics_text(dns::dns_metrics(probe));
  for (const std::string line :
       {"lars_dns_answers_total 7", "lars_dns_pushes_total 3", "lars_dns_hosts 1000000",
        "lars_dns_route_version 1795531196", "lars_dns_loaded 1", "lars_dns_storage_up 0",
        "lars_dns_push_latency_seconds_bucket{le=\"0.005\"} 1", "lars_dns_push_latency_seconds_bucket{le=\"0.0025\"} 0",
        "lars_dns_push_latency_seconds_count 1"}) {
    INFO(line);
    CHECK(text.find("\n" + line + "\n") != std::string::npos);
  }
}
