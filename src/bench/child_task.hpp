// A part of a measurement in a process of its own, which shares only shared_pages with this one.
#pragma once

#include <sys/types.h>

#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <optional>

namespace lars::bench {

// A fork of this process that runs one function. Lifetime: the destructor kills it and waits for its end; it never
// outlives its parent. Threads: owner context only; blocking.
class child_task {
public:
  // The child exits with the value that `work` returns, or with 1 where `work` throws. errc::system_error.
  // REQUIRES: this process has one thread. A lock that another thread holds would stay locked in the child.
  static result<std::unique_ptr<child_task>> start(const std::function<int()>& work);

  child_task(const child_task&) = delete;
  child_task& operator=(const child_task&) = delete;
  ~child_task();

  pid_t pid() const { return pid_; }

  // Its exit code once it has ended; 128 and more = ended by a signal.
  std::optional<int> ended();
  int wait();

private:
  explicit child_task(pid_t pid) : pid_(pid) {}
  std::optional<int> reap(int options);

  const pid_t pid_;
  std::optional<int> code_;
};

}  // namespace lars::bench
