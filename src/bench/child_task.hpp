// A part of a measurement as a process of its own, which shares nothing with this one but what was mapped to be shared.
#pragma once

#include <sys/types.h>

#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <optional>

namespace lars::bench {

// A fork of this process that runs one function. Lifetime: killed at destruction, and waited for; it never outlives its
// parent. Threads: owner context only; blocking.
class child_task {
public:
  // The child ends with what `work` returns, 1 where that throws. REQUIRES: this process has one thread, so that no
  // lock is in the hands of one that the child does not have. errc::system_error.
  static result<std::unique_ptr<child_task>> start(const std::function<int()>& work);

  child_task(const child_task&) = delete;
  child_task& operator=(const child_task&) = delete;
  ~child_task();

  pid_t pid() const { return pid_; }

  // Its exit code once it has ended by itself; 128 and more = by a signal.
  std::optional<int> ended();
  int wait();

private:
  explicit child_task(pid_t pid) : pid_(pid) {}
  std::optional<int> reap(int options);

  const pid_t pid_;
  std::optional<int> code_;
};

}  // namespace lars::bench
