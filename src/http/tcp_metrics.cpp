#include "http/tcp_metrics.hpp"

namespace lars::http {
namespace {

metric by_port(const char* name, const char* help, metric_kind kind, const char* port, std::uint64_t value) {
  return {name, help, kind, {{{{"port", port}}, static_cast<double>(value)}}};
}

}  // namespace

std::vector<metric> tcp_metrics(const net::tcp_server_stats& stats, const char* port) {
  using enum metric_kind;
  std::vector<metric> all{
      by_port("lars_connections", "Open TCP connections.", gauge, port, stats.open),
      by_port("lars_connections_accepted_total", "Accepted TCP connections.", counter, port, stats.accepted),
      by_port("lars_connections_refused_total", "TCP connections closed on accept because max_connections were open.",
              counter, port, stats.refused),
      by_port("lars_connections_evicted_total",
              "TCP connections closed to make room for new ones before their peer had sent a valid message.", counter,
              port, stats.evicted),
      by_port("lars_connections_silent_total",
              "TCP connections that the peer closed before sending a valid message, as health checks do.", counter,
              port, stats.silent),
      by_port("lars_accept_failures_total",
              "Failed accept() calls, mostly because the process was out of file descriptors.", counter, port,
              stats.accept_failures)};
  metric dropped{
      "lars_connections_dropped_total", "TCP connections closed because of the peer, by reason.", counter, {}};
  for (const auto& [reason, value] : {std::pair<const char*, std::uint64_t>{"bad_message", stats.bad_message},
                                      {"too_large", stats.too_large},
                                      {"timeout", stats.timeout}})
    dropped.samples.push_back({{{"port", port}, {"reason", reason}}, static_cast<double>(value)});
  all.push_back(std::move(dropped));
  return all;
}

}  // namespace lars::http
