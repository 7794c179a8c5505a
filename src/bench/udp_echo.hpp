// A minimal UDP server: receives datagrams in batches and answers each request with the same bytes.
#pragma once

#include <atomic>
#include <chrono>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <optional>
#include <thread>

namespace lars::bench {

// Answers every GetHostRequest with one fixed GetHostResponse, and no other message; decodes nothing.
// Lifetime: serves from start() to destruction, on a thread of its own. Threads: any thread.
class udp_echo {
public:
  // Listens on a free port of 127.0.0.1; binds its thread to `cpu`. REQUIRES: there is such a processor.
  // errc::system_error.
  static result<std::unique_ptr<udp_echo>> start(std::optional<int> cpu);

  udp_echo(const udp_echo&) = delete;
  udp_echo& operator=(const udp_echo&) = delete;
  ~udp_echo();

  endpoint where() const { return where_; }
  std::chrono::nanoseconds cpu_time();

private:
  udp_echo(int fd, endpoint where, std::optional<int> cpu);
  void serve();

  const int fd_;
  const endpoint where_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace lars::bench
