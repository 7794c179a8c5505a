// What of a client is in a fork's child, with threads of the parent in the middle of anything.
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>

#include "client/fork_mark.hpp"
#include "client/thread_states.hpp"

using namespace lars::client;

namespace {

// Whether the child comes to its end, and well, within five seconds. A child that does not is killed.
bool child_ends_well(const std::function<void()>& work) {
  std::fflush(nullptr);
  const auto child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  const int watch = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  pollfd wanted{watch, POLLIN, 0};
  const bool ended = ::poll(&wanted, 1, 5000) == 1;
  ::close(watch);
  if (!ended) ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("a fork's child is told from its parent, and so is its child") {
  fork_mark mark;
  CHECK_FALSE(mark.is_set());
  mark.set();
  CHECK(child_ends_well([&] {
    if (mark.is_set()) ::_exit(1);
    mark.set();
    if (!mark.is_set()) ::_exit(2);
    if (!child_ends_well([&] {
          if (mark.is_set()) ::_exit(1);
        }))
      ::_exit(3);
  }));
  CHECK(mark.is_set());
}

TEST_CASE("the lock of a mark is free in a child, whoever held it") {
  fork_mark mark;
  mark.lock();
  CHECK(child_ends_well([&] {
    mark.lock();
    mark.unlock();
  }));
  mark.unlock();
}

// Sanitizers have an opinion of their own about what threads that are not there leave in a child that exits.
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
namespace {

struct slow_states final : thread_states {
  std::unique_ptr<thread_state> make() override {
    if (!slow) return std::make_unique<thread_state>();
    inside = true;
    while (!go_on) std::this_thread::yield();
    return std::make_unique<thread_state>();
  }
  std::atomic<bool> slow{false};
  std::atomic<bool> inside{false};
  std::atomic<bool> go_on{false};
};

}  // namespace

TEST_CASE("a child ends although a thread of the parent's was making a state when it was born") {
  slow_states owner;
  owner.mine();
  owner.slow = true;
  std::thread maker([&] { owner.mine(); });
  while (!owner.inside) std::this_thread::yield();
  CHECK(child_ends_well([] { std::exit(0); }));
  owner.go_on = true;
  maker.join();
}
#endif
