// Answers callers: which host, how it went, all hosts. One on each UDP port, any module on any of them.
#pragma once

#include <cstddef>

#include "agent/calls/call_stats.hpp"
#include "agent/calls/miss_queue.hpp"
#include "agent/calls/stray_inbox.hpp"
#include "agent/routes/absent_modules.hpp"
#include "agent/service/service_index.hpp"
#include "base/random.hpp"
#include "net/udp_server.hpp"

namespace lars::agent {

// Lifetime: at most the index's. Threads: its UDP thread only, but misses(), strays() and stats().
// No allocation per call; a host that changes state is logged.
class call_server final : public net::datagram_handler {
public:
  // `wake` makes the control context drain misses(); called on the UDP thread.
  call_server(const service_index& modules, const absent_modules& absent, miss_queue::wake_function wake);

  std::size_t on_datagram(std::string_view request, endpoint from, std::span<char> reply) override;
  void on_batch_begin() noexcept override { reader_.enter(); }
  void on_batch_end() override {
    reader_.leave();
    misses_.flush();
  }

  miss_queue& misses() { return misses_; }            // drained by the control context
  stray_inbox& strays() { return strays_; }           // likewise
  const call_stats& stats() const { return stats_; }  // any thread

private:
  std::size_t get_host(std::string_view body, std::span<char> reply);
  std::size_t get_route(std::string_view body, std::span<char> reply);
  void report(std::string_view body);
  service_state* find_used(route_key key);

  const service_index& modules_;
  reader_epochs::reader reader_;  // of the index: what a batch looks up stays until its end
  const absent_modules& absent_;
  base::random_source random_;
  miss_queue misses_;
  stray_inbox strays_;
  call_stats stats_;
};

}  // namespace lars::agent
