#include "bench/child_task.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>

namespace lars::bench {
namespace {

// Never returns: buffered output of the parent must not be flushed by the child.
[[noreturn]] void run(const std::function<int()>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int code = 1;
  try {
    code = work();
  } catch (const std::exception&) {
  }
  ::_exit(code);
}

}  // namespace

result<std::unique_ptr<child_task>> child_task::start(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid < 0) return {errc::system_error, std::strerror(errno)};
  if (pid == 0) run(work);
  return std::unique_ptr<child_task>(new child_task(pid));
}

child_task::~child_task() {
  if (code_) return;
  ::kill(pid_, SIGKILL);
  reap(0);
}

std::optional<int> child_task::ended() { return code_ ? code_ : reap(WNOHANG); }

int child_task::wait() { return code_ ? *code_ : reap(0).value_or(1); }

std::optional<int> child_task::reap(int options) {
  int status = 0;
  if (::waitpid(pid_, &status, options) == pid_)
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return code_;
}

}  // namespace lars::bench
