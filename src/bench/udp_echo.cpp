#include "bench/udp_echo.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/endpoint.hpp"
#include "bench/qps_load.hpp"
#include "wire/messages.hpp"

namespace lars::bench {
namespace {

constexpr std::size_t batch = 64;
constexpr timeval look_up{0, 50'000};  // receive timeout, after which it checks whether to stop

// Buffers for a batch of datagrams.
struct batch_room {
  std::array<std::array<char, 256>, batch> requests;
  std::array<sockaddr_in, batch> peers;
  std::array<iovec, batch> in_parts, out_parts;
  std::array<mmsghdr, batch> in{}, out{};
  std::array<char, wire::small_answer_limit> answer;

  batch_room() {
    const wire::get_host_response fixed{1, {1, 1}, 0, true, {0xC0A80101, 7777}};
    const std::size_t size = wire::encode(fixed, std::span<char>(answer));
    for (std::size_t i = 0; i < batch; ++i) {
      in_parts[i] = {requests[i].data(), requests[i].size()};
      out_parts[i] = {answer.data(), size};
      in[i].msg_hdr.msg_iov = &in_parts[i];
      in[i].msg_hdr.msg_iovlen = 1;
      in[i].msg_hdr.msg_name = &peers[i];
      out[i].msg_hdr.msg_iov = &out_parts[i];
      out[i].msg_hdr.msg_iovlen = 1;
      out[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }
  }
};

}  // namespace

result<std::unique_ptr<udp_echo>> udp_echo::start(std::optional<int> cpu) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {errc::system_error, std::strerror(errno)};
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(base::loopback);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, any, size) < 0 || ::getsockname(fd, any, &size) < 0) {
    const int reason = errno;
    ::close(fd);
    return {errc::system_error, std::strerror(reason)};
  }
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &look_up, sizeof look_up);
  return std::unique_ptr<udp_echo>(new udp_echo(fd, {base::loopback, ntohs(address.sin_port)}, cpu));
}

udp_echo::udp_echo(int fd, endpoint where, std::optional<int> cpu)
    : fd_(fd), where_(where), thread_([this, cpu] {
        if (cpu) bind_to_cpu(*cpu);
        serve();
      }) {}

udp_echo::~udp_echo() {
  stopping_ = true;
  thread_.join();
  ::close(fd_);
}

std::chrono::nanoseconds udp_echo::cpu_time() {
  clockid_t clock{};
  timespec used{};
  if (::pthread_getcpuclockid(thread_.native_handle(), &clock) != 0 || ::clock_gettime(clock, &used) != 0) return {};
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

void udp_echo::serve() {
  const auto room = std::make_unique<batch_room>();
  while (!stopping_) {
    for (auto& message : room->in) message.msg_hdr.msg_namelen = sizeof(sockaddr_in);
    const int count = ::recvmmsg(fd_, room->in.data(), batch, MSG_WAITFORONE, nullptr);
    unsigned answers = 0;
    for (int i = 0; i < count; ++i) {
      const auto index = static_cast<std::size_t>(i);
      // The first byte is the message id. Requests are answered, reports are not.
      if (room->requests[index][0] != static_cast<char>(wire::message_id::get_host_request)) continue;
      room->out[answers++].msg_hdr.msg_name = &room->peers[index];
    }
    if (answers > 0) ::sendmmsg(fd_, room->out.data(), answers, 0);
  }
}

}  // namespace lars::bench
