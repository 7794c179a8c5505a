#include "share/attach.hpp"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/directory.hpp"

namespace lars::share {
namespace {

constexpr std::size_t most_descriptors = 200;  // the kernel's limit is 253
constexpr int backlog = 1024;

result<sockaddr_un> address_of(const std::string& directory) {
  const std::string path = directory + '/' + socket_name;
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  if (path.size() >= sizeof where.sun_path)
    return {errc::invalid_argument,
            path + ": a socket's path has " + std::to_string(sizeof where.sun_path - 1) + " bytes at most"};
  std::memcpy(where.sun_path, path.c_str(), path.size() + 1);
  return where;
}

error failed(const sockaddr_un& where) {
  return {errc::io_failed, std::string(where.sun_path) + ": " + std::strerror(errno)};
}

descriptor make_socket() { return descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

result<gid_t> group_named(const std::string& name) {
  group found{};
  group* result_of = nullptr;
  std::array<char, 16384> room;
  if (::getgrnam_r(name.c_str(), &found, room.data(), room.size(), &result_of) != 0 || result_of == nullptr)
    return {errc::invalid_argument, "there is no group '" + name + "'"};
  return found.gr_gid;
}

}  // namespace

const char* text_of(attach_status status) {
  switch (status) {
    case attach_status::ok:
      return "ok";
    case attach_status::other_layout:
      return "agent and library lay shared memory out differently";
    case attach_status::full:
      return "the agent has no room for more";
    case attach_status::no_memory:
      return "the machine has no memory to share";
    case attach_status::pulling:
      return "the route is on its way";
    case attach_status::absent:
      return "no such module";
    case attach_status::elsewhere:
      return "the module is served over UDP alone";
    case attach_status::refused:
      return "not understood";
  }
  return "unknown status";
}

result<void> make_directory_for(const std::string& directory, const std::string& group) {
  const auto made = base::make_directory(directory);
  if (!made) return made.error();
  if (!*made || group.empty()) return {};
  // An unknown group, or one that we may not give files to, is reported when the socket is made.
  const auto owner = group_named(group);
  if (owner && ::chown(directory.c_str(), static_cast<uid_t>(-1), *owner) != 0) return {};
  return {};
}

result<descriptor> listen_at(const std::string& directory, const std::string& group) {
  const auto where = address_of(directory);
  if (!where) return where.error();
  auto made = make_socket();
  if (!made) return failed(*where);
  // Our caller holds the lock of this directory: the socket was left by a dead agent.
  ::unlink(where->sun_path);
  if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&*where), sizeof *where) != 0) return failed(*where);
  if (!group.empty()) {
    const auto owner = group_named(group);
    if (!owner) return owner.error();
    if (::chown(where->sun_path, static_cast<uid_t>(-1), *owner) != 0) return failed(*where);
  }
  // No process can connect before the mode is set: the socket does not listen yet.
  if (::chmod(where->sun_path, 0660) != 0 || ::listen(made.get(), backlog) != 0) return failed(*where);
  return made;
}

result<descriptor> connect_to(const std::string& directory) {
  const auto where = address_of(directory);
  if (!where) return where.error();
  auto made = make_socket();
  if (!made) return failed(*where);
  if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&*where), sizeof *where) != 0)
    return {errc::connection_refused, std::string(where->sun_path) + ": " + std::strerror(errno)};
  return made;
}

bool send_message(int socket, const attach_message& message, std::span<const int> descriptors) {
  if (descriptors.size() > most_descriptors) return false;
  iovec body{const_cast<attach_message*>(&message), sizeof message};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
  msghdr out{};
  out.msg_iov = &body;
  out.msg_iovlen = 1;
  if (!descriptors.empty()) {
    out.msg_control = control.data();
    out.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    auto* const head = CMSG_FIRSTHDR(&out);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent = 0;
  do sent = ::sendmsg(socket, &out, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof message);
}

received receive_message(int socket, attach_message& message, std::vector<descriptor>& descriptors) {
  iovec body{&message, sizeof message};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
  msghdr in{};
  in.msg_iov = &body;
  in.msg_iovlen = 1;
  in.msg_control = control.data();
  in.msg_controllen = control.size();
  ssize_t size = 0;
  do size = ::recvmsg(socket, &in, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return received::nothing;
  if (size <= 0) return received::closed;
  for (auto* head = CMSG_FIRSTHDR(&in); head != nullptr; head = CMSG_NXTHDR(&in, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const auto count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof fd);
      descriptors.emplace_back(fd);
    }
  }
  const bool whole = size == static_cast<ssize_t>(sizeof message) && (in.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
  return whole && message.magic == attach_message::right_magic ? received::message : received::rubbish;
}

}  // namespace lars::share
