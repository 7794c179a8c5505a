#include "cli/demo/callers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "client/udp_transport.hpp"

namespace lars::cli::demo {
namespace {

constexpr int call_wait_ms = 300;
constexpr std::chrono::milliseconds pause{6};  // minimum pause between the calls of a caller; up to as much is added
constexpr std::chrono::milliseconds ask_deadline{500};

// Owns a descriptor.
class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

private:
  const int fd_;
};

bool wait_for(int fd, short event) {
  pollfd event_set{fd, event, 0};
  return ::poll(&event_set, 1, call_wait_ms) > 0;
}

bool connect_to(int fd, endpoint where) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(where.ip);
  address.sin_port = htons(static_cast<std::uint16_t>(where.port));
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  if (errno != EINPROGRESS || !wait_for(fd, POLLOUT)) return false;
  int failure = 0;
  socklen_t size = sizeof failure;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0;
}

}  // namespace

bool call_host(endpoint where) {
  const descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0 || !connect_to(socket.get(), where)) return false;
  // Close by reset, because hundreds of connections a second would otherwise stay in TIME_WAIT.
  const linger at_once{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  const char sent = 'L';
  char received = 0;
  return ::send(socket.get(), &sent, 1, MSG_NOSIGNAL) == 1 && wait_for(socket.get(), POLLIN) &&
         ::recv(socket.get(), &received, 1, 0) == 1 && received == sent;
}

callers::callers(std::size_t count, endpoint agent, route_key module, observation_box& box) {
  threads_.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    threads_.emplace_back([this, agent, module, &box] { call_on(agent, module, box); });
}

callers::~callers() { finish(); }

std::uint64_t callers::finish() {
  stopping_ = true;
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
  return reported_;
}

void callers::call_on(endpoint agent, route_key module, observation_box& box) {
  client::udp_transport_config config;
  config.agent = agent;
  config.limits.deadline = ask_deadline;
  auto transport = client::udp_transport::open(config);
  auto random = base::random_source::from_system();
  while (!stopping_) {
    const auto given = transport ? transport->get_host(module) : result<client::given_host>(transport.error());
    if (given) {
      const auto asked_at = box.answered(observation::kind::given, given->where);
      const auto begin = base::clock::now();
      const bool success = call_host(given->where);
      const auto took = std::chrono::ceil<std::chrono::microseconds>(base::clock::now() - begin).count();
      const auto latency_us = static_cast<std::uint32_t>(took);
      if (transport->report(module, given->where, success ? 0 : 1, latency_us, given->call_id)) ++reported_;
      box.finished(success, given->where, asked_at);
    } else {
      const bool ejected = given.error().code == errc::overloaded;
      box.answered(ejected ? observation::kind::shielded : observation::kind::unanswered, {});
    }
    // A random pause, so that the callers do not run in step.
    std::this_thread::sleep_for(pause + std::chrono::microseconds(random.below(6000)));
  }
}

}  // namespace lars::cli::demo
