// Identification of the connected process with kernels of every age.
#include "agent/callers/peer_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>

#include "share/attach.hpp"
#include "support/temp_dir.hpp"

namespace lars::peer_process_test {

using agent::peer_of;

namespace {

// A kernel before 6.5.
int without_peer_pidfd(int socket, int level, int option, void* value, socklen_t* size) {
  if (option != SO_PEERCRED) {
    errno = ENOPROTOOPT;
    return -1;
  }
  return ::getsockopt(socket, level, option, value, size);
}

// A kernel before 5.3, or one that forbids it.
int refuse_pidfd(pid_t) {
  errno = ENOSYS;
  return -1;
}

const agent::peer_calls old_kernel{without_peer_pidfd, nullptr};

bool is_readable(const share::descriptor& file) {
  pollfd wanted{file.get(), POLLIN, 0};
  return ::poll(&wanted, 1, 1000) > 0;
}

struct listening {
  share::descriptor accept() const {
    share::descriptor socket;
    while (!socket)
      socket = share::descriptor(::accept4(transport.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    return socket;
  }

  test::temp_dir directory;
  share::descriptor transport = *share::listen_at(directory.path().string(), "");
};

// A process that has connected and waits for its end.
struct connected_child {
  explicit connected_child(const listening& at) {
    int told[2];
    REQUIRE(::pipe(told) == 0);
    pid = ::fork();
    if (pid == 0) {
      const auto socket = share::connect_to(at.directory.path().string());
      (void)!::write(told[1], "x", 1);
      while (true) ::pause();
    }
    char byte = 0;
    REQUIRE(::read(told[0], &byte, 1) == 1);
    ::close(told[0]);
    ::close(told[1]);
  }
  ~connected_child() { end(); }
  connected_child(const connected_child&) = delete;
  connected_child& operator=(const connected_child&) = delete;

  void end() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    pid = 0;
  }

  pid_t pid = 0;
};

}  // namespace

TEST_CASE("a connected process is identified, and its end is detected") {
  for (const auto& calls : {agent::peer_calls{}, old_kernel}) {
    const listening at;
    connected_child child(at);
    const auto peer = peer_of(at.accept().get(), calls);
    CHECK_FALSE(peer.gone);
    CHECK(peer.pid == child.pid);
    CHECK(peer.name != 0);
    REQUIRE(peer.watch);
    CHECK((::fcntl(peer.watch.get(), F_GETFD) & FD_CLOEXEC) != 0);
    child.end();
    CHECK(is_readable(peer.watch));
  }
}

TEST_CASE("a process that ended before it was accepted is gone") {
  for (const auto& calls : {agent::peer_calls{}, old_kernel, agent::peer_calls{without_peer_pidfd, refuse_pidfd}}) {
    const listening at;
    connected_child(at).end();
    const auto socket = at.accept();
    const auto peer = peer_of(socket.get(), calls);
    // Where the kernel knows nothing of processes the connection itself says so.
    CHECK(peer.gone);
  }
}

TEST_CASE("connections of one process have one name, those of other processes another") {
  for (const auto& calls : {agent::peer_calls{}, old_kernel}) {
    const listening at;
    const auto one = share::connect_to(at.directory.path().string());
    const auto other = share::connect_to(at.directory.path().string());
    REQUIRE(one);
    REQUIRE(other);
    const auto first = at.accept(), second = at.accept();
    CHECK(peer_of(first.get(), calls).name == peer_of(second.get(), calls).name);
    const connected_child child(at);
    CHECK(peer_of(at.accept().get(), calls).name != peer_of(first.get(), calls).name);
  }
}

TEST_CASE("the name differs for a process that reuses the pid") {
  for (const auto& calls : {agent::peer_calls{}, old_kernel}) {
    const listening at;
    const connected_child child(at);
    const auto peer = peer_of(at.accept().get(), calls);
    CHECK(peer.name != static_cast<std::uint64_t>(child.pid));
    // A process that starts later has another name even with the same pid.
    CHECK((peer.name >> 22) > 0);
    CHECK((peer.name & std::uint64_t{1} << 62) == 0);
  }
}

TEST_CASE("without a pidfd only the connection shows the end of a process") {
  const listening at;
  const auto one = share::connect_to(at.directory.path().string());
  const auto peer = peer_of(at.accept().get(), {without_peer_pidfd, refuse_pidfd});
  CHECK_FALSE(peer.gone);
  CHECK_FALSE(peer.watch);
  CHECK(peer.pid == ::getpid());
}

}  // namespace lars::peer_process_test
