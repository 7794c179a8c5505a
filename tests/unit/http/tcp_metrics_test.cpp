#include "http/tcp_metrics.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lars::tcp_metrics_test {

TEST_CASE("metrics of several ports are merged by name") {
  net::tcp_server_stats dns, web;
  dns.open = 5;
  dns.count_closed(errc::bad_message);
  dns.count_closed(errc::timeout);
  dns.count_closed(errc::peer_closed);
  web.refused = 3;
  auto all = http::tcp_metrics(dns, "dns");
  http::merge(all, http::tcp_metrics(web, "http"));
  const std::string text = http::metrics_text(all);
  for (const std::string line : {"lars_connections{port=\"dns\"} 5", "lars_connections{port=\"http\"} 0",
                                 "lars_connections_refused_total{port=\"http\"} 3",
                                 "lars_connections_dropped_total{port=\"dns\",reason=\"bad_message\"} 1",
                                 "lars_connections_dropped_total{port=\"dns\",reason=\"timeout\"} 1",
                                 "lars_connections_dropped_total{port=\"dns\",reason=\"too_large\"} 0"}) {
    INFO(line);
    CHECK(text.find("\n" + line + "\n") != std::string::npos);
  }
  const std::string type = "# TYPE lars_connections gauge\n";
  CHECK(text.find(type) != std::string::npos);
  CHECK(text.find(type, text.find(type) + 1) == std::string::npos);
}

}  // namespace lars::tcp_metrics_test
