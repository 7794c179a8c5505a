#include "agent/agent_metrics.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <string>

namespace lars::agent_metrics_test {

using namespace lars::agent;

namespace {

bool has(const std::vector<http::metric>& metrics, const std::string& line) {
  return http::metrics_text(metrics).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("the ports' counts are added up, each under its own label") {
  call_stats first, second;
  for (int i = 0; i < 3; ++i) first.hosts_given.add_one();
  second.hosts_given.add_one();
  second.overloads.add_one();
  first.dropped_size.add_one();
  first.ignored_reports.add_one();
  const auto metrics = call_metrics(std::array{port_counts{&first, 5}, port_counts{&second, 2}});
  CHECK(has(metrics, "lars_agent_picks_total{result=\"host\"} 4"));
  CHECK(has(metrics, "lars_agent_picks_total{result=\"overload\"} 1"));
  CHECK(has(metrics, "lars_agent_picks_total{result=\"no_such_module\"} 0"));
  CHECK(has(metrics, "lars_agent_dropped_datagrams_total{reason=\"size\"} 1"));
  CHECK(has(metrics, "lars_agent_dropped_datagrams_total{reason=\"queue_full\"} 7"));
  CHECK(has(metrics, "lars_agent_reports_total{result=\"ignored\"} 1"));
}

TEST_CASE("known and retired modules are counted separately") {
  route_stats control;
  control.modules = 3;
  control.modules_retired = 7;
  const auto metrics = route_metrics(control, {});
  CHECK(has(metrics, "lars_agent_modules 3"));
  CHECK(has(metrics, "lars_agent_modules_retired_total 7"));
}

TEST_CASE("metrics of links are labelled, and an agent without reporters has no reporter metrics") {
  link_stats dns, reporter;
  dns.on_connected();
  reporter.count_unreachable();
  const auto now = base::clock::now();
  const auto both = link_metrics(dns, &reporter, now);
  CHECK(has(both, "lars_agent_route_age_seconds 0"));
  CHECK(has(both, "lars_agent_connected{server=\"dns\"} 1"));
  CHECK(has(both, "lars_agent_connected{server=\"reporter\"} 0"));
  CHECK(has(both, "lars_agent_unreachable_total{server=\"reporter\"} 1"));
  CHECK(http::metrics_text(link_metrics(dns, nullptr, now)).find("reporter") == std::string::npos);
}

TEST_CASE("load reports through both transports are added up") {
  call_stats port;
  caller_stats callers;
  port.loads_taken.add_one();
  callers.loads_taken = 2;
  callers.loads_rejected = 1;
  const auto metrics = load_metrics(std::array{port_counts{&port, 0}}, callers);
  CHECK(has(metrics, "lars_agent_load_reports_total{result=\"taken\"} 3"));
  CHECK(has(metrics, "lars_agent_load_reports_total{result=\"ignored\"} 0"));
  CHECK(has(metrics, "lars_agent_load_reports_total{result=\"rejected\"} 1"));
}

}  // namespace lars::agent_metrics_test
