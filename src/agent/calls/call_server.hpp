// Handles callers' datagrams: get host, report a call, get the whole route. One per UDP port; each serves any module.
#pragma once

#include <cstddef>

#include "agent/calls/call_stats.hpp"
#include "agent/calls/miss_queue.hpp"
#include "agent/calls/stray_inbox.hpp"
#include "agent/routes/absent_modules.hpp"
#include "agent/service/service_index.hpp"
#include "base/random.hpp"
#include "net/datagram_server.hpp"

namespace lars::agent {

// Lifetime: at most the index's. Threads: its UDP thread only, except misses(), strays() and stats().
// Does not allocate per call. Logs hosts that are ejected or readmitted.
class call_server final : public net::datagram_handler {
public:
  // `wake` makes the agent's context drain misses(); called on the UDP thread.
  call_server(const service_index& modules, const absent_modules& absent, miss_queue::wake_function wake);

  std::size_t on_datagram(std::string_view request, endpoint from, std::span<char> reply) override;
  void on_batch_begin() noexcept override { reader_.enter(); }
  void on_batch_end() override {
    reader_.leave();
    misses_.flush();
  }

  miss_queue& misses() { return misses_; }            // drained in the agent's context
  stray_inbox& strays() { return strays_; }           // drained in the agent's context
  const call_stats& stats() const { return stats_; }  // any thread

private:
  std::size_t get_host(std::string_view body, std::span<char> reply);
  std::size_t get_route(std::string_view body, std::span<char> reply);
  void report(std::string_view body);
  service_state* find_used(route_key key);

  const service_index& modules_;
  reader_epochs::reader reader_;  // of the index: keeps modules that a batch looks up alive until its end
  const absent_modules& absent_;
  base::random_source random_;
  miss_queue misses_;
  stray_inbox strays_;
  call_stats stats_;
};

}  // namespace lars::agent
