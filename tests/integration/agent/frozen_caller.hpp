// A caller as it was written for layout 6.0, from docs/shared-memory.md alone: numbers instead of the sources' types.
// Kept as it is. A later agent of major 6 must serve it; if it does not, that agent has broken the layout.
#pragma once

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lars::test::layout_6_0 {

using words = std::atomic<std::uint64_t>*;

// A pointer to the word at this byte.
inline words word_at(void* memory, std::uint64_t byte) {
  return reinterpret_cast<words>(static_cast<char*>(memory) + byte);
}

struct message {
  std::uint32_t magic = 0x6c617231;
  std::uint32_t kind = 0;
  std::uint32_t layout = 6u << 16;
  std::uint32_t status = 0;
  std::uint64_t ticket = 0;
  std::int32_t modid = 0;
  std::int32_t cmdid = 0;
  std::uint64_t bytes = 0;
  std::uint64_t reserved[3] = {};
};
static_assert(sizeof(message) == 64);

struct host {
  std::uint32_t ip = 0;
  std::uint32_t port = 0;
  bool takes_calls = false;
  bool is_ejected = false;
};

struct module_table {
  std::vector<host> hosts;
  unsigned policy = 0;    // the kind
  unsigned fallback = 0;  // for who does not know it
};

class caller {
public:
  static constexpr std::uint64_t segment_bytes = 32u << 10;

  ~caller() {
    if (routes_ != nullptr) ::munmap(routes_, reserve_);
    if (counters_ != nullptr) ::munmap(counters_, segment_bytes);
    if (socket_ >= 0) ::close(socket_);
  }

  // Attaches, and adds a dirty ring and the counters of one module to its first segment.
  bool attach(const std::string& directory, std::int32_t modid, std::int32_t cmdid) {
    socket_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::strncpy(where.sun_path, (directory + "/agent.sock").c_str(), sizeof where.sun_path - 1);
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) return false;
    message hello;
    hello.kind = 1;
    std::array<int, 3> files{-1, -1, -1};
    const auto welcome = ask(hello, &files);
    if (!welcome || welcome->kind != 2 || welcome->status != 0 || files[1] < 0) return false;
    const bool mapped = map(files);
    for (const int one : files) ::close(one);
    if (!mapped) return false;
    word_at(counters_, 8)->store(64);
    word_at(counters_, 0)->store(0x73746e75'6f63534c);
    ring_ = add_block(1, 0, 1024, 1024 * 8);
    const auto key = (std::uint64_t{static_cast<std::uint32_t>(modid)} << 32) | static_cast<std::uint32_t>(cmdid);
    block_ = add_block(2, key, slots, slots * 128);
    key_ = key;
    return true;
  }

  // Asks the agent for the module. Its status: 0 = there, 4 = ask again, 5 = no such module.
  std::optional<std::uint32_t> want(std::int32_t modid, std::int32_t cmdid) {
    message question;
    question.kind = 5;
    question.ticket = ++tickets_;
    question.modid = modid;
    question.cmdid = cmdid;
    const auto answer = ask(question, nullptr);
    if (!answer || answer->kind != 6 || answer->ticket != tickets_) return {};
    return answer->status;
  }

  // The module's hosts; nothing if it is not in the routes, or was being written.
  std::optional<module_table> read() const {
    const auto record = find();
    if (record == 0 || get(record) != key_ || get(record + 32) != 0) return {};
    const auto header = get(record + 8);
    if (!is_inside(header, 1, 128)) return {};
    const auto sequence = get(header);
    const auto count = get(header + 16);
    const auto live = get(header + 24);
    const auto live_slots = get(header + 32);
    const auto policy = get(header + 40);
    const auto entries = get(header + 56);
    const auto entry_stride = get(header + 64);
    const auto live_stride = get(header + 72);
    if (sequence % 2 != 0 || get(header + 48) != key_ || entry_stride < 32 || live_stride < 64) return {};
    if (!is_inside(entries, count, entry_stride) || !is_inside(live, live_slots, live_stride)) return {};
    module_table found;
    found.policy = static_cast<unsigned>(policy & 0xff);
    found.fallback = static_cast<unsigned>(policy >> 32 & 0xff);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto address = get(entries + i * entry_stride);
      const auto id = get(entries + i * entry_stride + 8);
      const auto slot = id >> 32;
      if (slot >= live_slots) return {};
      const auto value = get(live + slot * live_stride);
      const bool same_host = value >> 32 == (id & 0xffffffff);
      const bool is_up = (value >> 8 & 0xff) == 0 && (value >> 16 & 0xffff) > 0;
      found.hosts.push_back({static_cast<std::uint32_t>(address >> 32), static_cast<std::uint32_t>(address),
                             same_host && is_up, (value & 0xff) != 0});
    }
    if (get(header) != sequence) return {};
    return found;
  }

  // Counts calls to a host in this slot of its block, and lists the slot for the agent.
  void count(std::uint32_t slot, const host& where, std::uint64_t calls, std::uint32_t failures_at_the_end,
             std::uint64_t latency_us) {
    const auto at = block_ + 64 + slot * std::uint64_t{128};
    word_at(counters_, at)->store((std::uint64_t{where.ip} << 32) | where.port);
    raise(at + 8, calls);
    raise(at + 24, failures_at_the_end);
    raise(at + 32, calls * latency_us);
    raise(at + 40, calls);
    reinterpret_cast<std::atomic<std::uint32_t>*>(static_cast<char*>(counters_) + at + 52)->store(failures_at_the_end);
    raise(at + 16, calls);
    const auto head = word_at(counters_, ring_ + 32)->load();
    word_at(counters_, ring_ + 64 + head % 1024 * 8)->store((block_ / 64) << 24 | slot);
    word_at(counters_, ring_ + 32)->store(head + 1);
  }

private:
  static constexpr std::uint64_t slots = 4;

  std::uint64_t get(std::uint64_t byte) const { return word_at(routes_, byte)->load(); }
  bool is_inside(std::uint64_t at, std::uint64_t count, std::uint64_t stride) const {
    const auto end = std::min(get(32), reserve_);
    return at != 0 && at % 8 == 0 && at <= end && stride != 0 && count <= (end - at) / stride;
  }

  // The position of the module's record; 0 = none.
  std::uint64_t find() const {
    const auto index = get(40);
    if (!is_inside(index, 1, 64)) return 0;
    const auto room = get(index);
    const auto entries = get(index + 8);
    const auto stride = get(index + 16);
    if (room == 0 || (room & (room - 1)) != 0 || stride < 16 || !is_inside(entries, room, stride)) return 0;
    auto hash = (key_ ^ (key_ >> 32)) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
    for (std::uint64_t i = 0; i < room; ++i) {
      const auto entry = entries + ((hash + i) & (room - 1)) * stride;
      const auto record = get(entry + 8);
      if (record == 0) return 0;
      if (get(entry) == key_ && record != 1) return is_inside(record, 1, 64) ? record : 0;
    }
    return 0;
  }

  bool map(const std::array<int, 3>& files) {
    void* const head = ::mmap(nullptr, 128, PROT_READ, MAP_SHARED, files[0], 0);
    if (head == MAP_FAILED) return false;
    const bool right = *word_at(head, 0) == 0x73657475'6f72534c && *word_at(head, 8) >> 16 == 6;
    reserve_ = *word_at(head, 24);
    ::munmap(head, 128);
    if (!right) return false;
    void* const routes = ::mmap(nullptr, reserve_, PROT_READ, MAP_SHARED, files[0], 0);
    if (routes == MAP_FAILED) return false;
    routes_ = routes;
    void* const counters = ::mmap(nullptr, segment_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, files[1], 0);
    if (counters == MAP_FAILED) return false;
    counters_ = counters;
    return true;
  }

  // A block after those before it; its position.
  std::uint64_t add_block(std::uint64_t kind, std::uint64_t key, std::uint64_t count, std::uint64_t bytes) {
    const auto at = word_at(counters_, 8)->load();
    const auto whole = (64 + bytes + 63) / 64 * 64;
    word_at(counters_, at + 8)->store(whole);
    word_at(counters_, at + 16)->store(key);
    word_at(counters_, at + 24)->store(count);
    word_at(counters_, at)->store(kind);
    word_at(counters_, 8)->store(at + whole);
    return at;
  }
  void raise(std::uint64_t byte, std::uint64_t by) {
    const auto word = word_at(counters_, byte);
    word->store(word->load() + by);
  }

  std::optional<message> ask(const message& question, std::array<int, 3>* files) {
    if (::send(socket_, &question, sizeof question, MSG_NOSIGNAL) != sizeof question) return {};
    message answer;
    iovec body{&answer, sizeof answer};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(3 * sizeof(int))> control{};
    msghdr in{};
    in.msg_iov = &body;
    in.msg_iovlen = 1;
    in.msg_control = control.data();
    in.msg_controllen = control.size();
    if (::recvmsg(socket_, &in, 0) != sizeof answer || answer.magic != 0x6c617231) return {};
    const auto* const head = CMSG_FIRSTHDR(&in);
    if (files != nullptr && head != nullptr)
      std::memcpy(files->data(), CMSG_DATA(head), std::min(head->cmsg_len - CMSG_LEN(0), sizeof *files));
    return answer;
  }

  int socket_ = -1;
  void* routes_ = nullptr;
  void* counters_ = nullptr;
  std::uint64_t reserve_ = 0;
  std::uint64_t ring_ = 0;
  std::uint64_t block_ = 0;
  std::uint64_t key_ = 0;
  std::uint64_t tickets_ = 0;
};

}  // namespace lars::test::layout_6_0
