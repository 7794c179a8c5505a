// A host for the demo: a TCP server on loopback that echoes one byte, or fails on command.
#pragma once

#include <atomic>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <thread>

namespace lars::cli::demo {

// Lifetime: serves from start() to destruction, on its own thread. Threads: any thread.
class backend {
public:
  // Listens on a free port of 127.0.0.1. errc::system_error if that fails.
  static result<std::unique_ptr<backend>> start();

  backend(const backend&) = delete;
  backend& operator=(const backend&) = delete;
  ~backend();

  endpoint where() const { return where_; }

  // A failing backend accepts and closes at once.
  void fail(bool failing) { failing_ = failing; }
  bool fails() const { return failing_; }

private:
  backend(int listener, endpoint where);
  void serve();
  void answer(int connection);

  const int listener_;
  const endpoint where_;
  std::atomic<bool> failing_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace lars::cli::demo
