// What of a client is in a fork's child, with threads of the parent in the middle of anything.
#include <lars/lars.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <memory>
#include <thread>

#include "client/fork_mark.hpp"
#include "client/thread_states.hpp"

namespace lars::fork_test {

using namespace lars::client;

namespace {

// What kernels before 4.14 and gVisor say of MADV_WIPEONFORK.
int refuse_advice(void*, std::size_t, int) {
  errno = EINVAL;
  return -1;
}

// For which no handlers of fork() run.
[[maybe_unused]] pid_t bare_clone() {
  return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

// Whether the child comes to its end, and well, within five seconds. A child that does not is killed.
bool child_ends_well(const std::function<void()>& work, pid_t (*make_child)() = ::fork) {
  std::fflush(nullptr);
  const auto child = make_child();
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
  for (const auto advise : {fork_mark::advise_function(::madvise), refuse_advice}) {
    fork_mark mark(advise);
    CHECK_FALSE(mark.is_set());
    mark.set();
    CHECK(mark.is_set());
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
}

TEST_CASE("the lock of a mark is free in a child, whoever held it") {
  for (const auto advise : {fork_mark::advise_function(::madvise), refuse_advice}) {
    fork_mark mark(advise);
    mark.lock();
    CHECK(child_ends_well([&] {
      mark.lock();
      mark.unlock();
    }));
    mark.unlock();
    mark.lock();
    mark.unlock();
  }
}

// Sanitizers have an opinion of their own about what threads that are not there leave in a child that exits.
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
namespace {

// From now on this process's kernel says EINVAL to MADV_WIPEONFORK. False where it takes no filters.
bool refuse_wiping() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_WIPEONFORK, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

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

TEST_CASE("a child that no handler of fork() knows of is told from its parent too") {
  for (const auto advise : {fork_mark::advise_function(::madvise), refuse_advice}) {
    fork_mark mark(advise);
    mark.set();
    mark.lock();
    CHECK(child_ends_well(
        [&] {
          if (mark.is_set()) ::_exit(1);
          mark.lock();
          mark.set();
          mark.unlock();
          if (!mark.is_set()) ::_exit(2);
        },
        bare_clone));
    CHECK(mark.is_set());
    mark.unlock();
  }
}

TEST_CASE("a child that has the pid of its parent, in a namespace of its own, is told from it") {
  // The first process of a namespace has pid 1, and so has that of the next one.
  const auto first = [] {
    if (::unshare(CLONE_NEWPID) != 0) ::_exit(77);
    const bool well = child_ends_well([] {
      if (::getpid() != 1 || ::unshare(CLONE_NEWPID) != 0) ::_exit(77);
      fork_mark mark(refuse_advice);
      mark.set();
      if (!child_ends_well([&] { ::_exit(mark.is_set() ? 1 : 0); })) ::_exit(1);
    });
    ::_exit(well ? 0 : 1);
  };
  if (!child_ends_well([] { ::_exit(::unshare(CLONE_NEWPID) == 0 ? 0 : 1); })) return;
  CHECK(child_ends_well(first));
}

TEST_CASE("a client opens, picks and forks where the kernel wipes no memory on fork") {
  CHECK(child_ends_well([] {
    if (!refuse_wiping()) ::_exit(10);
    lars_options options = LARS_OPTIONS_INIT;
    options.dir = "";
    options.udp = "127.0.0.1:1";
    lars_t* const opened = ::lars_open(&options);
    if (opened == nullptr) ::_exit(11);
    const auto asks = [opened] {
      lars_call_t call = LARS_CALL_INIT;
      return ::lars_pick(opened, 1, 1, nullptr, &call) == LARS_SYSTEM_ERROR;
    };
    if (!asks()) ::_exit(12);
    if (!child_ends_well([&] { ::_exit(asks() ? 0 : 1); })) ::_exit(13);
    ::lars_close(opened);
  }));
}

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

}  // namespace lars::fork_test
