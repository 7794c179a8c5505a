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
      by_port("lars_connections", "TCP connections that are open.", gauge, port, stats.open),
      by_port("lars_connections_accepted_total", "TCP connections that were accepted.", counter, port, stats.accepted),
      by_port("lars_connections_refused_total", "TCP connections closed at once because max_connections were open.",
              counter, port, stats.refused),
      by_port("lars_connections_evicted_total",
              "TCP connections closed to make way for others because they had not said anything that makes sense.",
              counter, port, stats.evicted),
      by_port("lars_connections_silent_total",
              "TCP connections that the peer closed before it had said anything that makes sense, as health checks do.",
              counter, port, stats.silent),
      by_port("lars_accept_failures_total", "Times that the kernel gave no connection, mostly for want of descriptors.",
              counter, port, stats.accept_failures)};
  metric dropped{
      "lars_connections_dropped_total", "TCP connections closed for what the peer did, by reason.", counter, {}};
  for (const auto& [reason, value] : {std::pair<const char*, std::uint64_t>{"bad_message", stats.bad_message},
                                      {"too_large", stats.too_large},
                                      {"timeout", stats.timeout}})
    dropped.samples.push_back({{{"port", port}, {"reason", reason}}, static_cast<double>(value)});
  all.push_back(std::move(dropped));
  return all;
}

}  // namespace lars::http
