#include "app/process.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <utility>

#include "net/fence.hpp"

namespace lars::app {
namespace {

// Roles stop in well under three seconds; a stop that takes longer than this hangs.
constexpr unsigned stop_seconds = 5;

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

sigset_t held_signals() { return set_of({SIGTERM, SIGINT, SIGHUP}); }

bool holds_hangup = false;  // prepare_process() blocked SIGHUP, which was not blocked before

void leave_at_once(int) { _exit(1); }

void leave_before_start(int) { _exit(0); }

std::atomic<bool> stop_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void flag_stop(int) {
  if (stop_requested.exchange(true)) leave_at_once(0);
}

}  // namespace

void prepare_process() {
  // First, so that a SIGHUP during the start stays pending and reloads once the role serves.
  const sigset_t hangup = set_of({SIGHUP});
  sigset_t before;
  if (::pthread_sigmask(SIG_BLOCK, &hangup, &before) == 0) holds_hangup = ::sigismember(&before, SIGHUP) == 0;
  // /dev/null is read-only on stdout, so that a command whose output is closed still reports the failed write.
  constexpr int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    // open() returns the lowest free number, which is `file`: lower ones are open by now.
    if (::fcntl(file, F_GETFD) < 0 && errno == EBADF && ::open("/dev/null", modes[file]) < 0) break;
  std::signal(SIGXFSZ, SIG_IGN);
}

void release_hangup() {
  if (!std::exchange(holds_hangup, false)) return;
  const sigset_t hangup = set_of({SIGHUP});
  ::pthread_sigmask(SIG_UNBLOCK, &hangup, nullptr);
}

std::size_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

void hold_signals() {
  const sigset_t set = held_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  for (const int ending : {SIGTERM, SIGINT})
    if (std::signal(ending, leave_before_start) == SIG_IGN)
      std::signal(ending, SIG_IGN);  // keep ignored signals ignored, as the shell sets them for `&`
  std::signal(SIGPIPE, SIG_IGN);
}

signals_let_through::signals_let_through() {
  const sigset_t ending = set_of({SIGTERM, SIGINT});
  ::pthread_sigmask(SIG_UNBLOCK, &ending, &before_);
}

signals_let_through::~signals_let_through() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void wait_for_stop(const std::function<void()>& on_hangup, const std::function<void()>& on_second) {
  const sigset_t set = held_signals();
  constexpr timespec second{1, 0};
  while (true) {
    const int signal = ::sigtimedwait(&set, nullptr, &second);
    if (signal == SIGHUP) {
      net::fenced("reloading the configuration", on_hangup);
    } else if (signal > 0) {
      break;
    } else if (errno == EAGAIN) {
      net::fenced("notifying the service manager", on_second);
    }
  }
  for (const int ending : {SIGTERM, SIGINT, SIGALRM}) std::signal(ending, leave_at_once);
  ::alarm(stop_seconds);
  const sigset_t ending = set_of({SIGTERM, SIGINT});
  ::pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
}

const std::atomic<bool>& flag_stop_signals() {
  for (const int ending : {SIGTERM, SIGINT}) std::signal(ending, flag_stop);
  std::signal(SIGPIPE, SIG_IGN);
  return stop_requested;
}

}  // namespace lars::app
